import Logging
import Pipeline
import Synchronization

/// The models in use: each is loaded once, shared in turns, and released with its last stream.
final class ModelPool: Sendable {
    /// A model and the queue for it.
    struct Shared: Sendable {
        let model: LoadedModel
        let turn = ModelTurn()
    }

    private struct Entry {
        var users = 0
        var progress = ""
        let loading: Task<Shared, any Error>
    }

    private struct State {
        var entries: [ModelRequest: Entry] = [:]
        /// The load that the next one waits for: two at once would need the memory of both their peaks.
        var last: Task<Void, Never>?
    }

    private let logger: Logger
    private let state = Mutex(State())

    init(logger: Logger) { self.logger = logger }

    /// How far the loading is, in words.
    func progress(of request: ModelRequest) -> String { state.withLock { $0.entries[request]?.progress ?? "" } }

    /// The model, loaded by now. Every success needs its `release`.
    func acquire(_ request: ModelRequest) async throws -> Shared {
        let loading = state.withLock { state in
            let task = state.entries[request]?.loading ?? startLoading(request, &state)
            state.entries[request, default: Entry(loading: task)].users += 1
            return task
        }
        do { return try await loading.value } catch {
            release(request)
            throw error
        }
    }

    func release(_ request: ModelRequest) {
        state.withLock { state in
            state.entries[request]?.users -= 1
            if state.entries[request]?.users == 0 { state.entries[request] = nil }
        }
    }

    private func startLoading(_ request: ModelRequest, _ state: inout State) -> Task<Shared, any Error> {
        let previous = state.last
        let task = Task {
            await previous?.value
            // An engine makes its threads here, and they live as long as the model: clocks and outputs come first.
            return try await onThread("load model", .model) { [self] in
                Shared(model: try request.load(logger: logger) { tell($0, of: request) })
            }
        }
        state.last = Task { _ = try? await task.value }
        return task
    }

    private func tell(_ progress: String, of request: ModelRequest) {
        state.withLock { $0.entries[request]?.progress = progress }
    }
}
