import Glibc
import Media
import Settings

/// One output of a live stream, on a thread of its own: whatever it does, it keeps nobody else waiting.
///
/// This file is what the stream's other threads see of it; `LiveOutput+Writing.swift` is its own thread.
final class LiveOutput: Sendable {
    /// A picture at the size and in the format of the output.
    struct PreparedPicture: Sendable {
        let live: LivePicture
        let picture: VideoSink.PreparedPicture
        /// Which of the output's sinks it was prepared for: the next one may have another size.
        let sink: Int64
    }

    /// What is to be written at a tick.
    struct Offer: Sendable {
        let picture: LivePicture
        /// Nil where there was no time to prepare one.
        let prepared: PreparedPicture?
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

    enum Phase: Sendable {
        case connecting(reason: String?)
        case up
        /// What waits is written, then the output is finished.
        case finishing
        case ended
    }

    struct State: Sendable {
        var phase = Phase.connecting(reason: nil)
        var counters = OutputCounters()
        var offers: [Offer] = []
        /// The newest picture, to be prepared.
        var upcoming: LivePicture?
        /// The newest picture that is prepared: what is offered at the next tick.
        var ready: PreparedPicture?
        /// Taken from the queue and not yet written.
        var isWriting = false
        var packets: [PassedPacket] = []
        var source: SourceInfo?
        var rate = Rational(30)
        var connections: Int64 = 0
        /// Every file of several is one.
        var sinks: Int64 = 0
        var interruption: Interruption?

        var isStopping: Bool {
            switch phase {
            case .finishing, .ended: true
            case .connecting, .up: false
            }
        }
    }

    let target: OutputConfiguration
    let mask: Mask?
    /// The time that is 0 in what is written, monotonic ns.
    let epoch: Int64
    let state = Monitor(State())
    let report: @Sendable (LiveEvent) -> Void
    /// A picture was shown for the first time: its capture and its tick.
    let shown: @Sendable (_ captured: Int64, _ time: Int64) -> Void
    /// Pictures and packets that wait at most for an output that is slow.
    private static let pictureCapacity = 30
    private static let packetCapacity = 4000
    /// What is written has one time line for all connections, in these ticks.
    static let timeBase = Rational(1, 90_000)

    init(
        _ target: OutputConfiguration, mask: Mask?, epoch: Int64, report: @escaping @Sendable (LiveEvent) -> Void,
        shown: @escaping @Sendable (_ captured: Int64, _ time: Int64) -> Void
    ) {
        (self.target, self.mask, self.epoch, self.report, self.shown) = (target, mask, epoch, report, shown)
    }

    /// - Throws: `MediaError` for names that FFmpeg does not know, and for what holds no video.
    static func check(_ target: OutputConfiguration) throws {
        try VideoSink.check(target.address, options(target, rate: Rational(30), timeout: nil))
    }

    static func options(_ target: OutputConfiguration, rate: Rational, timeout: Duration?) -> SinkOptions {
        var options = SinkOptions(target)
        options.lowLatency = true
        options.timeBase = timeBase
        options.frameRate = rate
        options.timeout = timeout
        return options
    }

    var status: OutputStatus {
        state.withLock { state in
            let (isUp, reason): (Bool, String?) =
                switch state.phase {
                case .connecting(let reason): (false, reason)
                case .up, .finishing: (true, nil)
                case .ended: (false, "ended")
                }
            return OutputStatus(
                name: target.name, isUp: isUp, reason: reason, counters: state.counters,
                held: Int64(state.offers.count + (state.isWriting ? 1 : 0)), connections: state.connections)
        }
    }

    // None of what follows blocks.

    /// Says what the source is like; the output is opened from then on. Streams of a later source are taken at the next
    /// opening.
    func describe(_ source: SourceInfo, rate: Rational) {
        state.withLockNotifying { state in (state.source, state.rate) = (source, rate) }
    }

    /// Shows a picture before its tick, so that it can be prepared between two ticks.
    func announce(_ picture: LivePicture) {
        state.withLockNotifying { state in
            if case .up = state.phase { state.upcoming = picture }
        }
    }

    /// Queues the newest picture that is prepared, so that what takes its time is never seen as an uneven rate.
    /// - Parameters:
    ///   - picture: the newest; queued itself where none is prepared.
    ///   - time: of the tick, monotonic ns.
    ///   - duration: until the next tick, ns.
    func offer(_ picture: LivePicture, time: Int64, duration: Int64) {
        state.withLockNotifying { state in
            guard !state.isStopping else { return }
            state.counters.countOffered()
            guard case .up = state.phase else { return state.counters.countDropped(.outputDown) }
            if state.offers.count >= Self.pictureCapacity {
                // The oldest goes, so that what comes through is as new as it can be.
                state.offers.removeFirst()
                state.counters.countDropped(.queueFull)
            }
            if state.ready?.live.serial != picture.serial { state.upcoming = picture }
            state.offers.append(
                Offer(picture: state.ready?.live ?? picture, prepared: state.ready, time: time, duration: duration))
        }
    }

    func offer(_ packet: PassedPacket) {
        state.withLock { state in
            guard case .up = state.phase, state.packets.count < Self.packetCapacity else { return }
            state.packets.append(packet)
        }
    }

    /// Lets what waits be written and the output be finished.
    func finish() {
        state.withLockNotifying { state in
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
        state.withLockNotifying { state in
            state.interruption?.cancel()
            if case .connecting = state.phase { state.phase = .ended }
        }
    }
}

/// A picture that outputs are offered, tick after tick until there is a newer one.
struct LivePicture: Sendable {
    let picture: Picture
    /// Grows with every new picture of a stream.
    let serial: Int64
    /// When its source frame was captured, monotonic ns; nil for one that has none.
    let captured: Int64?
}

/// How one output of a live stream is doing.
package struct OutputStatus: Sendable {
    package let name: String
    /// It is open and takes pictures.
    package let isUp: Bool
    /// Why it is not.
    package let reason: String?
    package let counters: OutputCounters
    /// Pictures that wait at this moment, counted where they lie.
    package let held: Int64
    /// How often it was opened.
    package let connections: Int64
}

/// Names for the files of an output that writes more than one: `out.mp4`, `out-1.mp4`, `out-2.mp4`, …
struct NumberedPath: Sendable, Equatable {
    private let stem: String
    private let ending: String
    private var number = 0

    init(_ path: String) {
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        if let dot = name.lastIndex(of: "."), dot != name.startIndex {
            (stem, ending) = (String(path[..<dot]), String(path[dot...]))
        } else {
            (stem, ending) = (path, "")
        }
    }

    /// The first name from the present number on that is free.
    /// - Parameter isTaken: whether there is a file of the name.
    mutating func next(isTaken: (String) -> Bool = { access($0, F_OK) == 0 }) -> String {
        while true {
            let name = number == 0 ? stem + ending : "\(stem)-\(number)\(ending)"
            if !isTaken(name) { return name }
            number += 1
        }
    }
}
