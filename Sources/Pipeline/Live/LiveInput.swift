import Basics
import Glibc
import Media
import Settings

/// Reads one live source, and opens it again and again when it goes away.
///
/// `@unchecked Sendable`: one thread at a time calls `next`; `stop` alone may be called from any.
final class LiveInput: @unchecked Sendable {
    enum Event: Sendable {
        case opened(SourceInfo)
        /// A frame, when it was captured, and whether the time line broke before it. Monotonic ns.
        case frame(Frame, captured: Int64, isDiscontinuity: Bool)
        /// A packet and when the source meant it to be; monotonic ns.
        case packet(Packet, time: Int64)
        /// Frames the decoder could make nothing of.
        case undecodable(Int64)
        /// Opened again after `retryIn`; nil: never.
        case lost(reason: String, retryIn: Duration?)
    }

    /// Why a connection is over.
    private enum End {
        case ofInput
        case failure(any Error)
    }

    private struct Control: Sendable {
        var isStopping = false
        var interruption: Interruption?
    }

    private struct Connection {
        let reader: VideoSource
        let process: CaptureProcess?
        var mapper = TimestampMapper()
        var undecodable = 0
    }

    /// What comes through a pipe without a packet in it for this long is given up, and its next writer waited for.
    private static let packetTimeout = Duration.seconds(5)

    private let source: InputConfiguration
    private let control = Monitor(Control())
    private var connection: Connection?
    private var backoff = ReconnectBackoff(stableAfter: 2_000_000_000)
    private var retryAt: Int64?
    private var hasEnded = false
    /// Happened already, and come first.
    private var events: [Event] = []

    init(_ source: InputConfiguration) { self.source = source }

    /// - Throws: `MediaError` for names that FFmpeg does not know.
    static func check(_ source: InputConfiguration) throws {
        switch source.origin {
        case .input(let address): try VideoSource.check(address, options(source, timeout: nil))
        case .command: try VideoSource.check("pipe:0", options(source, timeout: nil))
        }
    }

    private static func options(_ source: InputConfiguration, timeout: Duration?) -> SourceOptions {
        var options = SourceOptions(source)
        // Threads of the decoder would each hold a frame back.
        options.decoderThreads = 1
        options.policy.analyzeDuration = .milliseconds(500)
        options.policy.timeout = timeout
        options.policy.packetTimeout = packetTimeout
        return options
    }

    /// Ends whatever `next` is waiting for.
    func stop() {
        control.withLockNotifying { control in
            control.isStopping = true
            control.interruption?.cancel()
        }
    }

    private var isStopping: Bool { control.withLock { $0.isStopping } }

    /// What happens next. Blocks until it does; nil once it has been stopped, or the file is over.
    func next() -> Event? {
        while !isStopping {
            if !events.isEmpty { return events.removeFirst() }
            if hasEnded { break }
            do {
                guard connection != nil else { return .opened(try connect()) }
                if let event = try read() { return event }
                close(.ofInput)
            } catch {
                close(.failure(error))
            }
        }
        disconnect()
        return nil
    }

    // MARK: One connection, from opening to its end

    private func connect() throws -> SourceInfo {
        if let retryAt { wait(until: retryAt) }
        let interruption = Interruption()
        control.withLock { control in
            control.interruption = interruption
            if control.isStopping { interruption.cancel() }
        }
        let process: CaptureProcess?
        let input: String
        switch source.origin {
        case .input(let address): (process, input) = (nil, address)
        case .command(let words):
            let started = try CaptureProcess(words)
            (process, input) = (started, "pipe:\(started.output)")
        }
        do {
            let reader = try VideoSource(input, Self.options(source, timeout: timeout), interruption: interruption)
            backoff.opened(at: monotonicNow())
            connection = Connection(reader: reader, process: process)
            return reader.info
        } catch {
            process?.end()
            throw error
        }
    }

    /// - Returns: nil at the end of the input.
    private func read() throws -> Event? {
        guard var current = connection, let item = try current.reader.next() else { return nil }
        let arrival = monotonicNow()
        noteUndecodable(of: &current)
        defer { connection = current }
        switch item {
        case .frame(let frame):
            let time = (Rational(frame.pts) * current.reader.info.timeBase).ticks(of: Rational(1, 1_000_000_000))
            if isFile { pace(until: current.mapper.place(time)) }
            let now = isFile ? monotonicNow() : arrival
            let mapped = current.mapper.map(time, arrival: now)
            // A source may label its frames ahead of time, but none is captured after it arrived.
            events.append(
                .frame(frame, captured: min(mapped.time, now), isDiscontinuity: mapped.isDiscontinuity))
        case .packet(let packet):
            let time = packet.time?.ticks(of: Rational(1, 1_000_000_000))
            events.append(.packet(packet, time: time.flatMap { current.mapper.place($0) } ?? arrival))
        }
        return events.removeFirst()
    }

    private func noteUndecodable(of connection: inout Connection) {
        let count = connection.reader.losses.undecodable
        if count > connection.undecodable { events.append(.undecodable(Int64(count - connection.undecodable))) }
        connection.undecodable = count
    }

    private func close(_ end: End) {
        if var current = connection { noteUndecodable(of: &current) }
        disconnect()
        let isFile = isFile
        let reason: String
        switch end {
        case .ofInput where isFile && !source.loops:
            hasEnded = true
            return events.append(.lost(reason: "the file has ended", retryIn: nil))
        case .ofInput: reason = "the source has ended"
        case .failure(let error): reason = "\(error)"
        }
        let now = monotonicNow()
        let retry: Int64
        if case .ofInput = end, isFile { retry = now } else { retry = backoff.failed(at: now) }
        retryAt = retry
        events.append(.lost(reason: reason, retryIn: .nanoseconds(retry - now)))
    }

    private func disconnect() {
        control.withLock { $0.interruption = nil }
        connection?.process?.end()
        connection = nil
    }

    /// A file is read at its own pace, as if it were being captured.
    private func pace(until time: Int64?) {
        guard let time else { return }
        wait(until: min(time, monotonicNow() + 10_000_000_000))
    }

    private func wait(until due: Int64) {
        control.wait { control in
            control.isStopping || monotonicNow() >= due ? .done(()) : .retry(at: due)
        }
    }

    private var isFile: Bool {
        guard case .input(let path) = source.origin else { return false }
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// A quiet pipe is waited for: closing it would kill the program that writes it.
    private var timeout: Duration? {
        switch source.origin {
        case .input(let address): address.contains("://") ? source.stallTimeout : nil
        case .command: source.stallTimeout
        }
    }
}
