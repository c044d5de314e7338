import Control
import Media
import Pipeline
import Settings

extension SupervisedStream {
    var status: DaemonStatus.Stream {
        var status = DaemonStatus.Stream(
            name: name, condition: .stopped, isHealthy: true, framesPerSecond: 0,
            settingsVersion: settings.target.version)
        switch phase {
        case .stopped: break
        case .loading: (status.condition, status.message) = (.loading, loadingProgress)
        case .failed(let reason): (status.condition, status.message, status.isHealthy) = (.failed, reason, false)
        case .running(let stream, _), .stopping(let stream, _):
            let live = stream.status
            status.condition = StreamCondition(live.state.kind)
            status.isHealthy = live.health.isHealthy
            status.framesPerSecond = live.restyledPerSecond
            status.message =
                switch live.health {
                case .moving: ""
                case .idle(let reason), .stuck(let reason): reason
                }
        }
        return status
    }

    var statistics: StreamStatistics {
        switch phase {
        case .running(let stream, _), .stopping(let stream, _): StreamStatistics(stream.status, stream: name)
        case .stopped(let last): last ?? StreamStatistics(stream: name)
        case .loading, .failed: StreamStatistics(stream: name)
        }
    }

    func snapshot(_ picture: SnapshotPicture, as format: SnapshotFormat) async throws(ControlError) -> Snapshot {
        guard case .running(let stream, _) = phase, stream.hasPicture else {
            throw ControlError(.notReady, "\(name) has no picture yet; its state is \(status.condition.rawValue)")
        }
        do {
            let snapshot: Snapshot? = try await onThread("snapshot") {
                guard let last = try stream.lastPictures() else { return nil }
                let image = picture == .source ? last.source : last.restyled
                let data = try image.encoded(format == .png ? .png : .jpeg)
                return Snapshot(data: data, width: image.width, height: image.height)
            }
            if let snapshot { return snapshot }
        } catch { throw ControlError(.failed, "\(error)") }
        throw ControlError(.notReady, "\(name) has no picture yet")
    }
}

extension StreamCondition {
    init(_ kind: StreamState.Kind) {
        self =
            switch kind {
            case .connecting: .connecting
            case .running: .running
            case .holding: .holding
            case .slate: .slate
            case .paused: .paused
            case .passthrough: .passthrough
            case .stopping: .stopping
            }
    }
}
