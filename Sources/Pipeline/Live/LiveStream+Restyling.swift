import Basics
import Graph
import Media
import Settings

/// What happens on the model's thread.
extension LiveStream {
    func restyle() {
        var scaler = Scaler()
        while let (captured, began) = nextFrame() {
            do {
                let newest = settings(MonotonicTime(nanoseconds: began))
                // Prepared by another thread: a frame that is under way never waits for settings.
                let snapshot = newest.asksModel ? try preparer.inForce(for: newest) : newest
                let picture = try stage.picture(of: captured.staged, under: snapshot, &scaler)
                finish(captured, began: began, picture)
            } catch {
                fail(error)
            }
        }
    }

    /// Waits for a frame, and for the tick that would show it.
    /// - Returns: the frame, and when it was taken, monotonic ns; nil: the stream stops.
    private func nextFrame() -> (CapturedFrame, began: Int64)? {
        shared.wait { shared in
            if shared.isStopping {
                shared.dropWaiting(.shutdown)
                return .done(nil)
            }
            guard !shared.mailbox.isEmpty, let clock = shared.clock else { return .retry(at: nil) }
            let now = monotonicNow()
            let tick = clock.index(at: now)
            guard shared.gate.isOpen(at: tick) else { return .retry(at: clock.deadline(of: tick + 1)) }
            guard let frame = shared.mailbox.take() else { return .retry(at: nil) }
            shared.gate.pass(at: tick)
            shared.inFlight = .restyling(since: now)
            shared.watchdog.restyleBegan(at: now)
            return .done((frame, now))
        }
    }

    private func finish(_ frame: CapturedFrame, began: Int64, _ picture: Picture) {
        let now = monotonicNow()
        let shown: LivePicture? = shared.withLockNotifying { shared in
            guard shared.takeInFlight() else { return nil }
            shared.counters.countRestyled()
            shared.lastRestyleTime = now - began
            shared.restyleTime.record(now - began)
            shared.throughput.note(at: now)
            // With an output it is what passes until the output shows it.
            if outputs.isEmpty { shared.latency.record(now - frame.captured) }
            shared.publish(picture, captured: frame.captured)
            return shared.picture
        }
        if let shown { for output in outputs { output.announce(shown) } }
    }

    private func fail(_ error: any Error) {
        let now = monotonicNow()
        let due: Int64? = shared.withLockNotifying { shared in
            guard shared.takeInFlight() else { return nil }
            if error is SettingsPreparer.Stopped {
                shared.counters.countDropped(.shutdown)
                return nil
            }
            shared.counters.countDropped(.inferenceError)
            return shared.failures.note(at: now)
        }
        if let error = error as? EngineError, error.code == .deviceLost { report(.deviceLost(error)) }
        if let due { report(.framesFailed("\(error)", count: due)) }
    }
}

extension LiveStream.Shared {
    /// Ends the flight of a frame.
    /// - Returns: whether it is still wanted.
    fileprivate mutating func takeInFlight() -> Bool {
        watchdog.restyleEnded()
        defer { inFlight = .none }
        if case .restyling = inFlight { return true }
        return false
    }
}
