import Glibc
import Media

/// One output of a live stream, on a thread of its own: whatever it does, it keeps nobody else waiting.
final class LiveOutput: Sendable {
    /// What the clock offers.
    struct Offer: Sendable {
        let picture: LivePicture
        /// On the monotonic clock, ns.
        let time: Int64
        /// Until the next one, ns.
        let duration: Int64
    }

    /// A packet of sound or subtitles on its way past the model.
    struct PassedPacket: Sendable {
        let packet: Packet
        /// When it is due, on the monotonic clock, ns.
        let time: Int64
        /// FFmpeg's name: a source that comes back with another codec does not fit an output that is open.
        let codec: String
    }

    private enum Phase: Sendable {
        case connecting(reason: String?)
        case up
        /// What waits is written, then the output is finished.
        case finishing
        case ended
    }

    /// What its thread does next.
    private enum Step {
        case write(Offer, [PassedPacket])
        case prepare(LivePicture)
        case finish
    }

    /// The newest picture that is ready to be encoded.
    private struct Prepared {
        let picture: VideoSink.PreparedPicture
        let serial: Int64
        let captured: Int64?
    }

    private struct State: Sendable {
        var phase = Phase.connecting(reason: nil)
        var account = OutputAccount()
        var offers: [Offer] = []
        /// Will be offered at the next tick, as things are.
        var upcoming: LivePicture?
        /// Taken from the queue and not yet written.
        var isWriting = false
        var packets: [PassedPacket] = []
        var source: SourceInfo?
        var rate = Rational(30)
        var connections: Int64 = 0
        var interruption: Interruption?

        var isStopping: Bool {
            switch phase {
            case .finishing, .ended: true
            case .connecting, .up: false
            }
        }
    }

    let target: LiveTarget
    /// The time that is 0 in what is written, monotonic ns.
    private let epoch: Int64
    private let state = Monitor(State())
    private let report: @Sendable (LiveEvent) -> Void
    /// A picture was shown for the first time: its capture and its tick.
    private let shown: @Sendable (_ captured: Int64, _ time: Int64) -> Void
    private static let packetCapacity = 4000

    init(
        _ target: LiveTarget, epoch: Int64, report: @escaping @Sendable (LiveEvent) -> Void,
        shown: @escaping @Sendable (_ captured: Int64, _ time: Int64) -> Void
    ) {
        (self.target, self.report, self.shown) = (target, report, shown)
        self.epoch = epoch - Int64(target.timestampOffset * 1e9)
    }

    var status: OutputStatus {
        state.quietly { state in
            let (isUp, reason): (Bool, String?) =
                switch state.phase {
                case .connecting(let reason): (false, reason)
                case .up, .finishing: (true, nil)
                case .ended: (false, "ended")
                }
            return OutputStatus(
                name: target.name, isUp: isUp, reason: reason, account: state.account,
                held: Int64(state.offers.count + (state.isWriting ? 1 : 0)), connections: state.connections)
        }
    }

    // MARK: What the stream's other threads call; none of it blocks.

    /// Tells what the source is like; opened from then on. Streams of a later source are taken at the next opening.
    func describe(_ source: SourceInfo, rate: Rational) {
        state.update { state in (state.source, state.rate) = (source, rate) }
    }

    func offer(_ offer: Offer) {
        state.update { state in
            guard !state.isStopping else { return }
            state.account.offer()
            guard case .up = state.phase else { return state.account.drop(.outputDown) }
            if state.offers.count >= target.queueCapacity {
                // The oldest goes, so that what comes through is as new as it can be.
                state.offers.removeFirst()
                state.account.drop(.queueFull)
            }
            state.offers.append(offer)
        }
    }

    /// Tells of a picture before its tick.
    func announce(_ picture: LivePicture) {
        state.update { state in
            if case .up = state.phase { state.upcoming = picture }
        }
    }

    func offer(_ packet: PassedPacket) {
        state.quietly { state in
            guard case .up = state.phase, state.packets.count < Self.packetCapacity else { return }
            state.packets.append(packet)
        }
    }

    /// Lets what waits be written and the output be finished.
    func finish() {
        state.update { state in
            switch state.phase {
            case .up: state.phase = .finishing
            case .connecting:
                state.phase = .ended
                state.interruption?.cancel()
            case .finishing, .ended: break
            }
        }
    }

    /// Gives up on what still blocks.
    func cancel() {
        state.update { state in
            state.interruption?.cancel()
            if case .connecting = state.phase { state.phase = .ended }
        }
    }

    // MARK: Its thread

    func run() {
        var ladder = ReconnectLadder()
        var names = NumberedPath(target.address)
        var mayOverwrite = target.overwrites
        while let (source, rate) = awaitSource() {
            let interruption = Interruption()
            state.update { state in
                state.interruption = interruption
                if state.isStopping { interruption.cancel() }
            }
            var sink: VideoSink?
            do {
                let opened = try open(source, rate, &names, overwriting: mayOverwrite, interruption)
                sink = opened
                mayOverwrite = false
                ladder.opened(at: monotonicNow())
                report(.outputOpened(target.name))
                for note in opened.notes { report(.note("\(target.name): \(note)")) }
                if try write(to: opened, source) { continue }
                return end()
            } catch {
                sink?.abort()
                if isStopping { return end() }
                wait(after: "\(error)", &ladder)
            }
        }
        end()
    }

    private var isStopping: Bool { state.quietly { $0.isStopping } }

    private func awaitSource() -> (SourceInfo, Rational)? {
        state.wait { state in
            if state.isStopping { return .done(nil) }
            return state.source.map { .done(($0, state.rate)) } ?? .retry(at: nil)
        }
    }

    private func open(
        _ source: SourceInfo, _ rate: Rational, _ names: inout NumberedPath, overwriting: Bool,
        _ interruption: Interruption
    ) throws -> VideoSink {
        var options = target.options(rate: rate, timeout: timeout)
        options.overwrites = overwriting || !isFile
        let address = isFile && !overwriting ? names.next() : target.address
        let sink = try VideoSink(address, from: source, options, interruption: interruption)
        state.update { state in
            // Told to stop while it was being opened: nothing was offered yet, so there is nothing to finish.
            guard case .connecting = state.phase else { return }
            state.phase = .up
            state.connections += 1
        }
        return sink
    }

    /// Writes until the output is to end, or the next segment is due.
    ///
    /// Pictures are scaled between the ticks: at a tick the newest that is ready is written at once, so that what takes
    /// its time is never seen as an uneven rate.
    /// - Returns: whether to open the next.
    private func write(to sink: VideoSink, _ source: SourceInfo) throws -> Bool {
        var start: Int64?
        var (prepared, lastSerial): (Prepared?, Int64?) = (nil, nil)
        var (nextTick, preparing): (Int64?, Int64) = (nil, 0)
        var segmentEnd: Int64?
        let codecs = Dictionary(uniqueKeysWithValues: source.streams.map { ($0.index, $0.codec) })
        func prepare(_ picture: LivePicture) throws {
            guard prepared?.serial != picture.serial else { return }
            let began = monotonicNow()
            prepared = Prepared(
                picture: try sink.prepare(picture.image), serial: picture.serial, captured: picture.captured)
            preparing = monotonicNow() - began
        }
        while true {
            // Twice what the last one took, and a little, because the machine has other work as well.
            switch nextStep(free: nextTick.map { $0 - 2 * preparing - 2_000_000 }) {
            case .finish:
                try sink.finish()
                reportNotes(of: sink)
                return false
            case .prepare(let picture):
                do { try prepare(picture) } catch {
                    lost("\(error)")
                    throw error
                }
            case .write(let offer, let packets):
                nextTick = offer.time + offer.duration
                let zero = start ?? beginning(of: sink, at: offer.time)
                start = zero
                segmentEnd =
                    segmentEnd
                    ?? [target.segmentSeconds.map { offer.time + Int64($0 * 1e9) }, sink.longestSpan.map { zero + $0 }]
                    .compactMap(\.self).min()
                do {
                    if prepared == nil { try prepare(offer.picture) }
                    guard let shown = prepared else { continue }
                    for passed in packets
                    where passed.time >= zero && codecs[passed.packet.streamIndex] == passed.codec {
                        try sink.write(passed.packet.placed(at: Rational(passed.time - zero, 1_000_000_000)))
                    }
                    try sink.write(shown.picture, pts: ticks(offer.time - zero), duration: ticks(offer.duration))
                    count(shown, at: offer.time, isRepeat: shown.serial == lastSerial)
                    lastSerial = shown.serial
                    try prepare(offer.picture)
                } catch {
                    lost("\(error)")
                    throw error
                }
                if let segmentEnd, offer.time + offer.duration >= segmentEnd, !isStopping {
                    try sink.finish()
                    reportNotes(of: sink)
                    return true
                }
            }
        }
    }

    /// What is 0 in an output whose first picture is due at `time`: for a file that picture, for everything else the same
    /// on every connection, as far as the format's timestamps reach.
    private func beginning(of sink: VideoSink, at time: Int64) -> Int64 {
        if isFile { return time }
        return epoch + (sink.longestSpan.map { (time - epoch) / $0 * $0 } ?? 0)
    }

    /// - Parameter free: until when there is time to prepare a picture; nil before the first tick.
    private func nextStep(free: Int64?) -> Step {
        state.wait { state in
            if !state.offers.isEmpty {
                let offer = state.offers.removeFirst()
                state.isWriting = true
                defer { state.packets.removeAll(keepingCapacity: true) }
                return .done(.write(offer, state.packets))
            }
            if state.isStopping { return .done(.finish) }
            if let upcoming = state.upcoming, monotonicNow() <= free ?? .max {
                state.upcoming = nil
                return .done(.prepare(upcoming))
            }
            return .retry(at: nil)
        }
    }

    private func count(_ picture: Prepared, at time: Int64, isRepeat: Bool) {
        state.update { state in
            state.isWriting = false
            state.account.write(isRepeat: isRepeat)
        }
        if !isRepeat, let captured = picture.captured { shown(captured, time) }
    }

    private func reportNotes(of sink: VideoSink) {
        for note in sink.notes where note.contains("fragments") { report(.note("\(target.name): \(note)")) }
    }

    /// The output broke: what waits for it is lost as well.
    private func lost(_ reason: String) {
        state.update { state in
            state.account.drop(.outputDown, Int64(state.offers.count + (state.isWriting ? 1 : 0)))
            state.offers.removeAll()
            state.upcoming = nil
            state.packets.removeAll()
            state.isWriting = false
            if case .up = state.phase { state.phase = .connecting(reason: reason) }
        }
    }

    private func wait(after reason: String, _ ladder: inout ReconnectLadder) {
        let now = monotonicNow()
        let retry = ladder.failed(at: now)
        lost(reason)
        report(.outputLost(target.name, reason: reason, retryIn: Double(retry - now) / 1e9))
        state.wait { state in
            if case .connecting = state.phase { state.phase = .connecting(reason: reason) }
            return state.isStopping || monotonicNow() >= retry ? .done(()) : .retry(at: retry)
        }
    }

    private func end() {
        lost("ended")
        state.update { state in
            state.phase = .ended
            state.interruption = nil
        }
    }

    private func ticks(_ nanoseconds: Int64) -> Int64 {
        Rational(nanoseconds, 1_000_000_000).ticks(of: LiveTarget.timeBase)
    }

    /// A pipe whose reader pauses is waited for: giving up would tear its stream. A connection may be dead.
    private var timeout: Double? { target.address.contains("://") ? 10 : nil }

    /// A file keeps what was written into it: whatever comes later goes into another.
    private var isFile: Bool {
        if target.address == "-" || target.address.hasPrefix("pipe:") || target.address.contains("://") { return false }
        var status = stat()
        return stat(target.address, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    }
}
