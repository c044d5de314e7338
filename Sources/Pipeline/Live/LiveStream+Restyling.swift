import Basics
import Graph
import Media
import Settings

/// What happens on the restyler's thread.
extension LiveStream {
    private enum Job {
        case restyle(CapturedFrame)
        case stop
    }

    func restyle() {
        var scaler = Scaler()
        var mixer = SourceMixer(mask: mask)
        while case .restyle(let job) = nextJob() {
            let began = monotonicNow()
            do {
                let snapshot = settings(MonotonicTime(nanoseconds: began))
                let result = try picture(of: job.frame, snapshot, &scaler, &mixer)
                finish(job, began: began, result)
            } catch {
                fail(error)
            }
        }
    }

    /// Waits for a frame, and for the tick that would show it.
    private func nextJob() -> Job {
        shared.wait { shared in
            if shared.isStopping {
                shared.dropWaiting(.shutdown)
                return .done(.stop)
            }
            guard !shared.mailbox.isEmpty, let clock = shared.clock else { return .retry(at: nil) }
            let now = monotonicNow()
            let tick = clock.index(at: now)
            guard shared.gate.isOpen(at: tick) else { return .retry(at: clock.deadline(of: tick + 1)) }
            guard let frame = shared.mailbox.take() else { return .retry(at: nil) }
            shared.gate.pass(at: tick)
            shared.bench = .busy(since: now)
            shared.watchdog.restyleBegan(at: now)
            return .done(.restyle(frame))
        }
    }

    private func picture(
        of frame: Frame, _ snapshot: SettingsSnapshot, _ scaler: inout Scaler, _ mixer: inout SourceMixer
    ) throws -> (source: RGBImage, restyled: RGBImage) {
        let settings = snapshot.settings
        if settings.passthrough || settings.strength == 0 {
            let image = try scaler.image(from: frame, width: frame.width, height: frame.height)
            return (image, image)
        }
        let size = restyler.workingSize(forSource: frame.width, frame.height)
        let image = try scaler.image(from: frame, width: size.width, height: size.height)
        let restyled = try turn.during(self) { try restyler.restyle(image, with: snapshot) }
        let mix = try mixer.mix(restyled, over: frame, blend: settings.blend, &scaler)
        return mix.map { ($0.source, $0.mixed) } ?? (image, restyled)
    }

    private func finish(_ job: CapturedFrame, began: Int64, _ result: (source: RGBImage, restyled: RGBImage)) {
        let now = monotonicNow()
        let picture: LivePicture? = shared.update { shared in
            shared.watchdog.restyleEnded()
            guard case .busy = shared.bench else {
                shared.bench = .empty
                return nil
            }
            shared.bench = .empty
            shared.account.restyle()
            shared.restyleTime.record(now - began)
            shared.throughput.note(at: now)
            shared.original = result.source
            shared.publish(result.restyled, captured: job.captured)
            return shared.picture
        }
        if let picture { for output in outputs { output.announce(picture) } }
    }

    private func fail(_ error: any Error) {
        let now = monotonicNow()
        let due: Int64? = shared.update { shared in
            shared.watchdog.restyleEnded()
            guard case .busy = shared.bench else {
                shared.bench = .empty
                return nil
            }
            shared.bench = .empty
            shared.account.drop(.inferenceError)
            return shared.trouble.note(at: now)
        }
        if let error = error as? EngineError, error.code == .deviceLost { report(.deviceLost(error)) }
        if let due { report(.frameTrouble("\(error)", count: due)) }
    }
}
