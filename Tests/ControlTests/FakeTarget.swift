import Control
import Settings
import Synchronization

/// A daemon without pictures.
final class FakeTarget: ControlTarget {
    let stores: [String: SettingsStore]
    let streamNames: [String]
    let played = Mutex<[String: Timeline]>([:])
    let running: Mutex<Set<String>>
    /// What a snapshot waits for; nil answers at once.
    let gate: AsyncStream<Void>?

    init(_ names: [String] = ["main"], gate: AsyncStream<Void>? = nil) {
        (streamNames, self.gate) = (names, gate)
        stores = Dictionary(uniqueKeysWithValues: names.map { ($0, SettingsStore()) })
        running = Mutex(Set(names))
    }

    func settings(of stream: String) -> SettingsStore? { stores[stream] }

    func status() -> DaemonStatus {
        DaemonStatus(
            state: .running, uptime: .seconds(5),
            streams: streamNames.map { name in
                DaemonStatus.Stream(
                    name: name, condition: running.withLock { $0.contains(name) } ? .running : .stopped,
                    isHealthy: true,
                    framesPerSecond: 30, settingsVersion: stores[name]?.target.version ?? 0)
            })
    }

    func statistics(of stream: String) -> StreamStatistics? {
        var statistics = StreamStatistics(stream: stream)
        (statistics.decoded, statistics.restyled, statistics.inFlight) = (10, 7, 1)
        statistics.dropped = ["late": 2, "rate": 0]
        return statistics
    }

    func start(_ stream: String) async throws(ControlError) { _ = running.withLock { $0.insert(stream) } }

    func stop(_ stream: String) async throws(ControlError) { _ = running.withLock { $0.remove(stream) } }

    func snapshot(
        of stream: String, _ picture: SnapshotPicture, as format: SnapshotFormat
    ) async throws(ControlError) -> Snapshot {
        if picture == .source { throw ControlError(.notReady, "no frame has come yet") }
        if let gate { for await _ in gate { break } }
        return Snapshot(
            data: format == .png ? [0x89, 0x50, 0x4E, 0x47] : [0xFF, 0xD8], width: 2, height: 1)
    }

    func play(_ timeline: Timeline, on stream: String) throws(ControlError) {
        played.withLock { $0[stream] = timeline }
    }
}
