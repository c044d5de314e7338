import Basics
package import Control
import Logging
package import Settings
import Synchronization

/// All streams of the daemon, as the control socket, the metrics and systemd see them.
package final class StreamSupervisor: ControlTarget {
    private struct State {
        /// In the order of the configuration.
        var streams: [SupervisedStream]
        var isStopping = false
    }

    private let state: Mutex<State>
    private let pool: ModelPool
    private let directory: String?
    /// What ends the daemon.
    let losses = DeviceLosses()
    private let logger: Logger
    private let started = MonotonicTime.now

    /// - Parameter directory: where live settings are kept; nil keeps none.
    init(_ configuration: Configuration, directory: String?, logger: Logger) {
        let pool = ModelPool(logger: logger)
        (self.pool, self.directory, self.logger) = (pool, directory, logger)
        state = Mutex(
            State(
                streams: configuration.streams.map { [losses] in
                    SupervisedStream($0, pool: pool, directory: directory, losses: losses, logger: logger)
                }))
    }

    private var streams: [SupervisedStream] { state.withLock { $0.streams } }
    private subscript(name: String) -> SupervisedStream? { streams.first { $0.name == name } }

    // MARK: What clients ask

    package var streamNames: [String] { streams.map(\.name) }

    package func settings(of stream: String) -> SettingsStore? { self[stream]?.settings }

    package func status() -> DaemonStatus {
        let (streams, isStopping) = state.withLock { ($0.streams, $0.isStopping) }
        let all = streams.map(\.status)
        let state: DaemonStatus.State =
            if isStopping { .stopping } else if all.contains(where: { $0.condition == .loading }) { .loading } else {
                .running
            }
        return DaemonStatus(state: state, uptime: MonotonicTime.now - started, streams: all)
    }

    package func statistics(of stream: String) -> StreamStatistics? { self[stream]?.statistics }

    /// Begins to load and start it; `status` tells how that goes on.
    package func start(_ stream: String) async throws(ControlError) {
        let stream = try find(stream)
        // One that is being stopped is waited for, so that stop and start at once restart it.
        if case .stopping(_, let end) = stream.phase { await end.value }
        if let start = stream.begin() { Task { try await start() } }
    }

    package func stop(_ stream: String) async throws(ControlError) { await (try find(stream)).stop() }

    package func snapshot(
        of stream: String, _ picture: SnapshotPicture, as format: SnapshotFormat
    ) async throws(ControlError) -> Snapshot { try await (try find(stream)).snapshot(picture, as: format) }

    package func notes(on prompt: Prompt, of stream: String) -> [String] { self[stream]?.notes(on: prompt) ?? [] }

    package func play(_ timeline: Timeline, on stream: String) throws(ControlError) { try find(stream).play(timeline) }

    private func find(_ name: String) throws(ControlError) -> SupervisedStream {
        guard let stream = self[name] else {
            throw ControlError(.unknownStream, "the stream \"\(name)\" has just been removed")
        }
        return stream
    }

    // MARK: What the daemon does

    /// Starts all that start by themselves.
    /// - Throws: why one of them can't be, once all have been tried.
    func startAll() async throws {
        let starts = streams.filter(\.configuration.startsByItself).compactMap { $0.begin() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for start in starts { group.addTask { try await start() } }
            for try await _ in group {}
        }
    }

    /// Stops all at once: each has the whole time to finish its files.
    func stopAll() async {
        let streams = state.withLock { state in
            state.isStopping = true
            return state.streams
        }
        await withTaskGroup(of: Void.self) { group in
            for stream in streams { group.addTask { await stream.stop() } }
        }
        for stream in streams { await stream.keepSettings() }
    }

    /// Goes over to another configuration; streams that it leaves as they are go on undisturbed.
    func reload(_ configuration: Configuration) async {
        let old = streams
        for stream in old where !configuration.streams.contains(where: { $0.name == stream.name }) {
            await stream.stop()
            await stream.keepSettings()
            logger.info("stream removed", metadata: ["stream": "\(stream.name)"])
        }
        var (all, begun): ([SupervisedStream], [SupervisedStream]) = ([], [])
        for new in configuration.streams {
            if let stream = old.first(where: { $0.name == new.name }) {
                all.append(stream)
                if await stream.reconfigure(new) { begun.append(stream) }
            } else {
                let stream = SupervisedStream(
                    new, pool: pool, directory: directory, losses: losses, logger: logger)
                all.append(stream)
                if new.startsByItself { begun.append(stream) }
            }
        }
        let isStopping = state.withLock { state in
            state.streams = all
            return state.isStopping
        }
        if isStopping { return }
        // A failure is the stream's own state and in the log; the others go on.
        for start in begun.compactMap({ $0.begin() }) { Task { try await start() } }
    }
}
