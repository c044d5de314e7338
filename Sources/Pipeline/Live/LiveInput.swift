import Glibc
import Media

/// Reads one live source on a thread of its own, and opens it again and again when it goes away.
final class LiveInput: Sendable {
    /// What comes out. Called on the input's thread, one at a time.
    struct Receiver: Sendable {
        var opened: @Sendable (SourceInfo) -> Void
        /// A frame, when it was captured, and whether the time line broke before it.
        var frame: @Sendable (Frame, _ captured: Int64, _ isDiscontinuity: Bool) -> Void
        /// A packet and when the source meant it to be; monotonic ns.
        var packet: @Sendable (Packet, _ time: Int64) -> Void
        /// Frames the decoder could make nothing of.
        var undecoded: @Sendable (Int64) -> Void
        var lost: @Sendable (_ reason: String, _ retryIn: Double?) -> Void
    }

    private struct State: Sendable {
        var isStopping = false
        var interruption: Interruption?
    }

    let source: LiveSource
    private let receiver: Receiver
    private let state = Monitor(State())

    init(_ source: LiveSource, _ receiver: Receiver) { (self.source, self.receiver) = (source, receiver) }

    /// Ends whatever the input is waiting for.
    func stop() {
        state.update { state in
            state.isStopping = true
            state.interruption?.cancel()
        }
    }

    func run() {
        var ladder = ReconnectLadder(stableAfter: 2_000_000_000)
        while !isStopping {
            let reason: String
            do {
                try read(&ladder)
                reason = "the source has ended"
                if isFile, !source.loops { return receiver.lost("the file has ended", nil) }
            } catch {
                reason = "\(error)"
            }
            if isStopping { return }
            let now = monotonicNow()
            let retry = isFile && source.loops && reason == "the source has ended" ? now : ladder.failed(at: now)
            receiver.lost(reason, Double(retry - now) / 1e9)
            state.wait { state in state.isStopping || monotonicNow() >= retry ? .done(()) : .retry(at: retry) }
        }
    }

    private var isStopping: Bool { state.quietly { $0.isStopping } }

    /// One connection, from opening to its end.
    private func read(_ ladder: inout ReconnectLadder) throws {
        let interruption = Interruption()
        state.update { state in
            state.interruption = interruption
            if state.isStopping { interruption.cancel() }
        }
        defer { state.update { $0.interruption = nil } }
        let process: CaptureProcess?
        let input: String
        switch source.origin {
        case .input(let address): (process, input) = (nil, address)
        case .command(let words):
            let started = try CaptureProcess(words)
            (process, input) = (started, "pipe:\(started.output)")
        }
        defer { process?.end() }
        let reader = try VideoSource(input, source.options(timeout: timeout), interruption: interruption)
        ladder.opened(at: monotonicNow())
        receiver.opened(reader.info)
        var mapper = TimestampMapper()
        var damaged = 0
        let tell = { [receiver] (now: Int) in
            if now > damaged { receiver.undecoded(Int64(now - damaged)) }
            damaged = now
        }
        defer { tell(reader.losses.undecodable) }
        while let item = try reader.next() {
            let arrival = monotonicNow()
            tell(reader.losses.undecodable)
            switch item {
            case .frame(let frame):
                let time = (Rational(frame.pts) * reader.info.timeBase).ticks(of: Rational(1, 1_000_000_000))
                if isFile { pace(until: mapper.place(time)) }
                let now = isFile ? monotonicNow() : arrival
                let mapped = mapper.map(time, arrival: now)
                // A source may label its frames ahead of time, but none is captured after it arrived.
                receiver.frame(frame, min(mapped.time, now), mapped.isDiscontinuity)
            case .packet(let packet):
                let time = packet.time?.ticks(of: Rational(1, 1_000_000_000))
                receiver.packet(packet, time.flatMap { mapper.place($0) } ?? arrival)
            }
            if isStopping { return }
        }
    }

    /// A file is read at its own pace, as if it were being captured.
    private func pace(until time: Int64?) {
        guard let time else { return }
        let due = min(time, monotonicNow() + 10_000_000_000)
        state.wait { state in state.isStopping || monotonicNow() >= due ? .done(()) : .retry(at: due) }
    }

    private var isFile: Bool {
        guard case .input(let path) = source.origin else { return false }
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// A quiet pipe is waited for: closing it would kill the program that writes it.
    private var timeout: Double? {
        switch source.origin {
        case .input(let address): address.contains("://") ? source.stallTimeout : nil
        case .command: source.stallTimeout
        }
    }
}
