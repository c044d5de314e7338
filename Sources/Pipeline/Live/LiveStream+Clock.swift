import Basics
import Media
import Settings

/// What happens on the clock's thread.
extension LiveStream {
    func tick() {
        while let (tick, duration) = nextTick() {
            let now = MonotonicTime(nanoseconds: tick.deadline)
            obey(settings(now), at: tick.deadline)
            guard let picture = pictureToShow(at: monotonicNow()) else { continue }
            let offer = LiveOutput.Offer(picture: picture, time: tick.deadline, duration: duration)
            for output in outputs { output.offer(offer) }
        }
        shared.update { $0.isClockDone = true }
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
        let changed: StreamState? = shared.quietly { shared in
            let state = shared.machine.state(at: now)
            let order: StreamMachine.Order =
                if settings.paused {
                    .pause(since: state.name == "paused" ? state.since : now)
                } else if settings.passthrough {
                    .passthrough(since: state.name == "passthrough" ? state.since : now)
                } else {
                    .restyle
                }
            shared.machine.obey(order)
            if shared.rate != settings.frameRate {
                shared.rate = settings.frameRate
                let rate = Self.rate(settings.frameRate, of: shared.source)
                shared.clock?.change(rate: rate.numerator, per: rate.denominator)
            }
            let next = shared.machine.state(at: now)
            defer { shared.reported = next }
            return next.name == shared.reported.name ? nil : next
        }
        if let changed { report(.stateChanged(changed)) }
    }

    private func pictureToShow(at now: Int64) -> LivePicture? {
        shared.quietly { shared in
            switch shared.machine.state(at: now) {
            case .slate:
                // A serial of its own, so that it counts as written once and repeated from then on.
                return slate(for: shared).map { LivePicture(image: $0, serial: -shared.serial - 1, captured: nil) }
            case .connecting, .running, .holding, .paused, .passthrough, .stopping:
                return shared.picture
            }
        }
    }

    /// A dark picture of the last one's size.
    private func slate(for shared: Shared) -> RGBImage? {
        let size =
            shared.picture.map { ($0.image.width, $0.image.height) } ?? shared.source.map { ($0.width, $0.height) }
        return size.map { RGBImage(width: $0.0, height: $0.1, red: 24, green: 24, blue: 32) }
    }
}
