import Basics
import Graph
import Media
import Settings

/// What happens on a seat's thread.
extension LiveStream {
    func restyle(on seat: Int) {
        let (stage, preparer) = (stages[seat], preparers[seat])
        var scaler = Scaler()
        while let (captured, began) = nextFrame(for: seat) {
            do {
                let newest = settings(MonotonicTime(nanoseconds: began))
                // Prepared by another thread: a frame that is under way never waits for settings.
                let snapshot = newest.asksModel ? try preparer.inForce(for: newest) : newest
                let picture = try stage.picture(of: captured.staged, under: snapshot, &scaler)
                finish(captured, on: seat, began: began, picture)
            } catch {
                guard fail(error, on: seat) else { return }
            }
        }
    }

    /// Waits for a frame, and for the tick that would show it.
    /// - Returns: the frame, and when it was taken, monotonic ns; nil: the stream stops.
    private func nextFrame(for seat: Int) -> (CapturedFrame, began: Int64)? {
        shared.wait { shared in
            if shared.isStopping {
                shared.dropWaiting(.shutdown)
                return .done(nil)
            }
            guard !shared.mailbox.isEmpty, let clock = shared.clock else { return .retry(at: nil) }
            let now = monotonicNow()
            guard shared.seats.mayBegin(seat, at: now) else { return .retry(at: shared.seats.endOfRest(seat)) }
            let tick = clock.index(at: now)
            guard shared.gate.isOpen(at: tick) else { return .retry(at: clock.deadline(of: tick + 1)) }
            guard let frame = shared.mailbox.take() else { return .retry(at: nil) }
            shared.gate.pass(at: tick)
            shared.seats.begin(seat, at: now)
            shared.watchdog.restyleBegan(at: now)
            return .done((frame, now))
        }
    }

    private func finish(_ frame: CapturedFrame, on seat: Int, began: Int64, _ picture: Picture) {
        let now = monotonicNow()
        let shown: LivePicture? = shared.withLockNotifying { shared in
            let made = SeatPicture(picture: picture, captured: frame.captured)
            let outcome = shared.seats.finish(seat, made, at: now)
            shared.noteEnd()
            switch outcome {
            case .abandoned: return nil
            case .superseded: shared.counters.countDropped(.superseded)
            case .restyled:
                shared.counters.countRestyled()
                shared.restyleTime.record(now - began)
                shared.throughput.note(at: now)
            }
            guard let next = shared.seats.next(at: now) else { return nil }
            shared.publish(next.picture, captured: next.captured)
            return shared.picture
        }
        if let shown { for output in outputs { output.announce(shown) } }
    }

    /// - Returns: whether the seat goes on: with a device that is lost only the last one does.
    private func fail(_ error: any Error, on seat: Int) -> Bool {
        let now = monotonicNow()
        let lost = (error as? EngineError).flatMap { $0.code == .deviceLost ? $0 : nil }
        let (due, left): (Int64?, Int) = shared.withLockNotifying { shared in
            let isWanted = shared.seats.fail(seat, at: now)
            shared.noteEnd()
            let left = lost == nil ? shared.seats.usable : shared.seats.lose(seat)
            guard isWanted else { return (nil, left) }
            if error is SettingsPreparer.Stopped {
                shared.counters.countDropped(.shutdown)
                return (nil, left)
            }
            shared.counters.countDropped(.inferenceError)
            return (shared.failures.note(at: now), left)
        }
        if let lost {
            report(left > 0 ? .seatLost("\(lost)", device: stages[seat].device, left: left) : .deviceLost(lost))
        }
        if let due { report(.framesFailed("\(error)", count: due)) }
        return lost == nil || left == 0
    }
}

extension LiveStream.Shared {
    /// A seat is through with its frame.
    fileprivate mutating func noteEnd() { if seats.busy == 0 { watchdog.restyleEnded() } }
}
