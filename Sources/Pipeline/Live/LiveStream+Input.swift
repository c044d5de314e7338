import Basics
import Media
import Settings

/// What happens on the input's thread.
extension LiveStream {
    func read() {
        var scaler = Scaler()
        while let event = input.next() {
            switch event {
            case .opened(let info): open(info)
            case .frame(let frame, let captured, let isDiscontinuity):
                accept(frame, captured: captured, isDiscontinuity: isDiscontinuity, &scaler)
            case .packet(let packet, let time): pass(packet, time: time)
            case .undecodable(let count): shared.withLock { $0.counters.countUndecodable(count) }
            case .lost(let reason, let retryIn): lose(reason, retryIn: retryIn)
            }
        }
    }

    private func open(_ info: SourceInfo) {
        // Read, decoded, waiting, with the model, dropped a moment ago: six, and what the outputs make of them.
        Heap.reserve(8, blocksOf: info.width * info.height * 4)
        let now = monotonicNow()
        let snapshot = settings(MonotonicTime(nanoseconds: now))
        shared.withLockNotifying { shared in
            shared.source = info
            shared.connections += 1
            shared.dropWaiting(.discontinuity)
            if shared.clock == nil {
                let rate = Self.rate(snapshot.settings.frameRate, of: info)
                shared.rate = snapshot.settings.frameRate
                shared.clock = OutputClock(rate: rate.numerator, per: rate.denominator, start: now)
            }
        }
        for output in outputs { output.describe(info, rate: Self.rate(snapshot.settings.frameRate, of: info)) }
        report(.sourceOpened("\(info.format) \(info.codec) \(info.width)x\(info.height)"))
    }

    /// The output's rate: the setting, or the source's own where it has a sensible one.
    static func rate(_ setting: FrameRate, of info: SourceInfo?) -> Rational {
        if let rate = Rational(setting) { return rate }
        guard let rate = info?.frameRate, rate >= .one, rate <= Rational(Int64(FrameRate.maximum)) else {
            return usualRate
        }
        return rate
    }

    private func accept(_ frame: Frame, captured: Int64, isDiscontinuity: Bool, _ scaler: inout Scaler) {
        let now = monotonicNow()
        let snapshot = settings(MonotonicTime(nanoseconds: now))
        let isLikelyTaken = shared.withLock { shared in
            shared.frameArrived(at: now)
            return shared.isLikelyTaken(at: now)
        }
        var staged = StagedFrame(frame: frame)
        if isLikelyTaken, snapshot.asksModel, !snapshot.settings.paused {
            // What can't be scaled is found out, and reported, where a picture is made of it.
            if let scaled = try? stage.stage(frame, &scaler) { staged = scaled }
        }
        shared.withLockNotifying { shared in
            shared.counters.countDecoded()
            if shared.isStopping { return shared.counters.countDropped(.shutdown) }
            if snapshot.settings.paused {
                shared.counters.countDropped(.paused)
                return shared.dropWaiting(.paused)
            }
            if isDiscontinuity { shared.dropWaiting(.discontinuity) }
            let cause: DropCause = if case .restyling = shared.inFlight { .superseded } else { .rate }
            if shared.mailbox.put(CapturedFrame(staged: staged, captured: captured)) != nil {
                // With the model idle the frame waited for a tick that had not come: the rate would never show it.
                shared.counters.countDropped(cause)
            }
        }
    }

    private func pass(_ packet: Packet, time: Int64) {
        let (placed, codec): (Int64?, String?) = shared.withLock { shared in
            let codec = shared.source?.streams.first { $0.index == packet.streamIndex }?.codec
            return (shared.audio.place(time, stream: packet.streamIndex), codec)
        }
        guard let placed, let codec else { return }
        for output in outputs { output.offer(.init(packet: packet, time: placed, codec: codec)) }
    }

    private func lose(_ reason: String, retryIn: Duration?) {
        let now = monotonicNow()
        shared.withLockNotifying { shared in
            shared.machine.sourceLost(reason: reason, at: now)
            shared.dropWaiting(.discontinuity)
        }
        if let retryIn { report(.sourceLost(reason: reason, retryIn: retryIn)) } else { report(.note(reason)) }
    }
}
