import Basics
import Control
import Diffusion
import Logging
import Pipeline
import Settings
import Synchronization

/// One stream of the configuration, from loading its model to its end, and from one start to the next.
final class SupervisedStream: Sendable {
    enum Phase: Sendable {
        /// With the final statistics of the previous run.
        case stopped(StreamStatistics?)
        /// Which attempt it is: one that was given up must not begin to run when its model is there at last.
        case loading(attempt: Int)
        case running(LiveStream, model: ModelRequest)
        case stopping(LiveStream, end: Task<Void, Never>)
        case failed(String)
    }

    private struct State {
        var configuration: StreamConfiguration
        var phase = Phase.stopped(nil)
        var attempts = 0
        /// What the loaded model knows, where that is little.
        var styles: ModelStyles?
        var player: Task<Void, Never>?
    }

    let name: String
    /// There before the model is, and over all starts.
    let settings: SettingsStore
    private let pool: ModelPool
    private let losses: DeviceLosses
    private let logger: Logger
    private let state: Mutex<State>
    private let keeper: SettingsKeeper?
    private let keeping: Task<Void, Never>?

    /// Live settings are written out, and files finished, within this time.
    static let shutdownTimeout = Duration.seconds(4)

    /// - Parameters:
    ///   - directory: where live settings are kept; nil keeps none.
    ///   - losses: gets the error when the engine's device is lost.
    init(
        _ configuration: StreamConfiguration, pool: ModelPool, directory: String?, losses: DeviceLosses, logger: Logger
    ) {
        var logger = logger
        logger[metadataKey: "stream"] = "\(configuration.name)"
        (name, self.pool, self.losses, self.logger) = (configuration.name, pool, losses, logger)
        state = Mutex(State(configuration: configuration))
        guard let directory else {
            (settings, keeper, keeping) = (SettingsStore(configuration.settings), nil, nil)
            return
        }
        let kept = SettingsState(directory: directory, stream: configuration.name)
        switch kept.load(configured: configuration.settings) {
        case .none: settings = SettingsStore(configuration.settings)
        case .settings(let last):
            settings = SettingsStore(last.settings, version: last.version)
            logger.info("live settings are back", metadata: ["version": "\(last.version)", "file": "\(kept.path)"])
        case .damaged(let warning):
            settings = SettingsStore(configuration.settings)
            logger.warning("\(warning)")
        }
        let keeper = SettingsKeeper(settings, configured: configuration.settings, in: kept, logger: logger)
        self.keeper = keeper
        keeping = Task { await keeper.run() }
    }

    deinit { keeping?.cancel() }

    var configuration: StreamConfiguration { state.withLock { $0.configuration } }
    var phase: Phase { state.withLock { $0.phase } }
    var loadingProgress: String { pool.progress(of: ModelRequest(configuration)) }

    // MARK: Start and stop

    /// Marks it as loading, so that `status` never shows a stream as stopped that is about to start.
    /// - Returns: what loads and starts it; nil when it runs already, or is about to.
    func begin() -> (@Sendable () async throws -> Void)? {
        let attempt: Int? = state.withLock { state in
            switch state.phase {
            case .loading, .running, .stopping: return nil
            case .stopped, .failed:
                state.attempts += 1
                state.phase = .loading(attempt: state.attempts)
                return state.attempts
            }
        }
        guard let attempt else { return nil }
        return { [self] in
            do { try await run(attempt) } catch {
                logger.error("the stream can't be started: \(error)")
                losses.note(error)
                state.withLock { state in
                    if case .loading(attempt) = state.phase { state.phase = .failed("\(error)") }
                }
                throw error
            }
        }
    }

    private func run(_ attempt: Int) async throws {
        let configuration = configuration
        let request = ModelRequest(configuration)
        let timeline = try configuration.script.map { try Timeline(contentsOf: $0) }
        let mask = try configuration.mask.map { try Mask(contentsOf: $0) }
        logger.info("loading the model", metadata: ["model": "\(configuration.model.model)"])
        let started = MonotonicTime.now
        let model = try await pool.acquire(request)
        state.withLock { $0.styles = model.model.styles }
        do {
            let restyler = try await onThread("\(name) prepare") { try Restyler(model.model) }
            let stream = LiveStream(
                name: name, input: configuration.input, outputs: configuration.outputs, restyler: restyler,
                turn: model.turn, mask: mask, settings: { [settings] in settings.snapshot(at: $0) },
                report: { [logger, losses] event in
                    logger.tell(event)
                    if case .deviceLost(let error) = event { losses.note(error) }
                })
            let isWanted = state.withLock { state in
                guard case .loading(attempt) = state.phase else { return false }
                stream.start()
                state.phase = .running(stream, model: request)
                return true
            }
            guard isWanted else { return pool.release(request) }
        } catch {
            pool.release(request)
            throw error
        }
        let seconds = ((MonotonicTime.now - started).inSeconds * 10).rounded() / 10
        logger.info("started", metadata: ["after": "\(seconds) s"])
        if let timeline { play(timeline) }
    }

    /// Finishes its files; whatever blocks is given up in time.
    func stop() async {
        let end: Task<Void, Never>? = state.withLock { state in
            state.player?.cancel()
            switch state.phase {
            case .stopped, .failed: return nil
            case .loading:
                state.phase = .stopped(nil)
                return nil
            case .stopping(_, let end): return end
            case .running(let stream, let request):
                let deadline = MonotonicTime.now + Self.shutdownTimeout
                let end = Task { [self] in await finish(stream, request, by: deadline) }
                state.phase = .stopping(stream, end: end)
                return end
            }
        }
        await end?.value
    }

    private func finish(_ stream: LiveStream, _ request: ModelRequest, by deadline: MonotonicTime) async {
        let hasEnded = try? await onThread("\(name) stop") { stream.stop(by: deadline) }
        if hasEnded != true { logger.warning("an input, output or model did not end in time and was abandoned") }
        let last = StreamStatistics(stream.status, stream: name)
        logger.info("ended", metadata: ["stats": "\(last.json.text)"])
        state.withLock { $0.phase = .stopped(last) }
        pool.release(request)
    }

    // MARK: Settings

    /// Plays a timeline from now on, in place of the one that is playing.
    func play(_ timeline: Timeline) {
        let player = TimelinePlayer(timeline: timeline, settings: settings)
        state.withLock { state in
            state.player?.cancel()
            state.player = Task { await player.run() }
        }
    }

    /// Words of a prompt that the model does not know; none before it is loaded.
    func notes(on prompt: Prompt) -> [String] {
        guard let styles = state.withLock({ $0.styles }) else { return [] }
        return prompt.parts.compactMap { styles.note(on: $0.text) }
    }

    func keepSettings() async { await keeper?.save() }

    // MARK: Reload

    /// Takes another configuration of the same name: settings move to what was changed in them; anything else ends the
    /// stream, which begins again.
    /// - Returns: whether it has to be begun again.
    func reconfigure(_ new: StreamConfiguration) async -> Bool {
        let old = configuration
        guard new != old else { return false }
        var change = SettingsChange()
        for name in SettingName.allCases where new.settings[name] != old.settings[name] {
            // Both come from the schema, so a value of it is taken.
            try? change.set(name.rawValue, to: new.settings[name].json)
        }
        settings.apply(change)
        var same = new
        same.settings = old.settings
        guard same != old else {
            state.withLock { $0.configuration = new }
            return false
        }
        let wasWanted = isWanted
        await stop()
        state.withLock { $0.configuration = new }
        return wasWanted || (new.startsByItself && !old.startsByItself)
    }

    private var isWanted: Bool {
        switch phase {
        case .loading, .running, .failed: true
        case .stopped, .stopping: false
        }
    }
}
