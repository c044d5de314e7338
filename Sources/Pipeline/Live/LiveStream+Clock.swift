import Basics
import Media
import Settings

/// What happens on the clock's thread.
extension LiveStream {
    func tick() {
        while let (tick, duration) = nextTick() {
            let snapshot = settings(MonotonicTime(nanoseconds: tick.deadline))
            obey(snapshot, at: tick.deadline)
            preparer.want(snapshot)
            guard let picture = pictureToShow(at: monotonicNow()) else { continue }
            for output in outputs { output.offer(picture, time: tick.deadline, duration: duration) }
        }
        shared.withLockNotifying { $0.isClockDone = true }
    }

    /// Waits for the next tick. `nil`: the stream stops.
    private func nextTick() -> (OutputClock.Tick, duration: Int64)? {
        shared.wait { shared in
            if shared.isStopping { return .done(nil) }
            let now = monotonicNow()
            guard var clock = shared.clock else {
                // Before there is a source there is no rate, but the clock is well.
                shared.watchdog.ticked(at: now)
                return .retry(at: now + 1_000_000_000)
            }
            guard let tick = clock.tick(at: now) else { return .retry(at: clock.nextDeadline) }
            let duration = clock.nextDeadline - tick.deadline
            shared.clock = clock
            shared.ticks += 1
            shared.watchdog.ticked(at: now)
            return .done((tick, duration))
        }
    }

    /// Lets the stream follow the settings that concern it and not the model.
    private func obey(_ snapshot: SettingsSnapshot, at now: Int64) {
        let settings = snapshot.settings
        let changed: StreamState? = shared.withLock { shared in
            shared.machine.obey(settings.paused ? .pause : settings.passthrough ? .passthrough : .restyle)
            if shared.rate != settings.frameRate {
                shared.rate = settings.frameRate
                let rate = Self.rate(settings.frameRate, of: shared.source)
                shared.clock?.change(rate: rate.numerator, per: rate.denominator)
            }
            let next = shared.machine.state(at: now)
            defer { shared.reported = next }
            return next.kind == shared.reported.kind ? nil : next
        }
        if let changed { report(.stateChanged(changed)) }
    }

    private func pictureToShow(at now: Int64) -> LivePicture? {
        shared.withLock { shared in
            switch shared.machine.state(at: now) {
            case .slate:
                // A serial of its own, so that it counts as written once and repeated from then on.
                shared.source == nil
                    ? nil : LivePicture(picture: .plain(Self.slate), serial: -shared.serial - 1, captured: nil)
            case .connecting, .running, .holding, .paused, .passthrough, .stopping:
                shared.picture
            }
        }
    }

    /// Dark, and without anything in it, so that any size will do.
    private static let slate = RGBImage(width: 16, height: 16, red: 24, green: 24, blue: 32)
}
