import Basics
import Media
import Settings

/// What happens on the input's thread.
extension LiveStream {
    func opened(_ info: SourceInfo) {
        // Read, decoded, waiting, with the model, dropped a moment ago: six, and what the outputs make of them.
        Heap.reserve(8, blocksOf: info.width * info.height * 4)
        let now = monotonicNow()
        let snapshot = settings(MonotonicTime(nanoseconds: now))
        shared.update { shared in
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
        switch setting {
        case .constant(let numerator, let denominator): return Rational(Int64(numerator), Int64(denominator))
        case .source:
            guard let rate = info?.frameRate, rate >= .one, rate <= Rational(Int64(FrameRate.maximum)) else {
                return usualRate
            }
            return rate
        }
    }

    func accept(_ frame: Frame, captured: Int64, isDiscontinuity: Bool) {
        let now = monotonicNow()
        let isPaused = settings(MonotonicTime(nanoseconds: now)).settings.paused
        shared.update { shared in
            shared.machine.frameArrived(at: now)
            shared.account.decode()
            if shared.isStopping { return shared.account.drop(.shutdown) }
            if isPaused {
                shared.account.drop(.paused)
                return shared.dropWaiting(.paused)
            }
            if isDiscontinuity { shared.dropWaiting(.discontinuity) }
            let cause: DropCause = if case .busy = shared.bench { .superseded } else { .rate }
            if shared.mailbox.put(CapturedFrame(frame: frame, captured: captured)) != nil {
                // With the model idle the frame waited for a tick that had not come: the rate would never show it.
                shared.account.drop(cause)
            }
        }
    }

    func pass(_ packet: Packet, time: Int64) {
        let (placed, codec): (Int64?, String?) = shared.quietly { shared in
            let codec = shared.source?.streams.first { $0.index == packet.streamIndex }?.codec
            return (shared.audio.place(time, stream: packet.streamIndex), codec)
        }
        guard let placed, let codec else { return }
        for output in outputs { output.offer(.init(packet: packet, time: placed, codec: codec)) }
    }

    func lost(_ reason: String, retryIn: Double?) {
        let now = monotonicNow()
        shared.update { shared in
            shared.machine.sourceLost(reason: reason, at: now)
            shared.dropWaiting(.discontinuity)
        }
        if let retryIn { report(.sourceLost(reason: reason, retryIn: retryIn)) } else { report(.note(reason)) }
    }
}
