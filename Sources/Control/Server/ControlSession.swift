package import Basics
package import NIOCore
import Settings

/// One client's requests and observations, whatever carries its messages. Lives on its connection's event loop.
package final class ControlSession {
    /// What carries the messages to the client; called on the event loop.
    package struct Transport {
        package var write: (ControlResponse) -> Void
        package var flush: () -> Void
        /// Whether the client reads what it is sent.
        package var isWritable: () -> Bool
        /// A request that took its time has been answered.
        package var answeredLate: () -> Void

        package init(
            write: @escaping (ControlResponse) -> Void, flush: @escaping () -> Void,
            isWritable: @escaping () -> Bool, answeredLate: @escaping () -> Void = {}
        ) {
            (self.write, self.flush, self.isWritable, self.answeredLate) = (write, flush, isWritable, answeredLate)
        }
    }

    private let handler: RequestHandler
    private let loop: any EventLoop
    /// Nil once the connection is closed.
    private var transport: Transport?
    private var slowRequests = 0
    /// What is observed, by stream, and the newest that the client has not been sent.
    private var observations: [String: Task<Void, Never>] = [:]
    private var unsent: [String: VersionedSettings] = [:]

    package init(_ handler: RequestHandler, on loop: any EventLoop, _ transport: Transport) {
        (self.handler, self.loop, self.transport) = (handler, loop, transport)
    }

    /// Nothing is under way and nothing observed, so nothing more will be sent by itself.
    var isIdle: Bool { slowRequests == 0 && observations.isEmpty }

    /// The connection is over.
    package func close() {
        transport = nil
        for task in observations.values { task.cancel() }
        observations = [:]
        unsent = [:]
    }

    /// Answers a request as it came, or refuses what is not one. Does not flush.
    package func receive(_ message: some Collection<UInt8>) {
        switch ControlRequest.parse(message) {
        case .success(let request): answer(request)
        case .failure(let refusal): transport?.write(.error(id: refusal.id, refusal.error))
        }
    }

    /// Answers a request. Does not flush.
    package func answer(_ request: ControlRequest) {
        do throws(ControlError) {
            switch try handler.answer(request) {
            case .now(let result): reply(to: request, .success(result))
            case .later(let work): try later(request, work)
            case .observe(let stream, let store, let enabled):
                reply(to: request, .success(RequestHandler.json(of: stream, store.target)))
                observations.removeValue(forKey: stream)?.cancel()
                unsent.removeValue(forKey: stream)
                if enabled { observe(stream, store) }
            }
        } catch {
            reply(to: request, .failure(error))
        }
    }

    /// Answers a request that is not the request handler's.
    package func reply(to request: ControlRequest, _ result: Result<JSONValue, ControlError>) {
        guard let id = request.id else { return }
        switch result {
        case .success(let value): transport?.write(.result(id: id, value))
        case .failure(let error): transport?.write(.error(id: id, error))
        }
    }

    /// Sends the newest of what is observed; a client that does not read gets it later, and only the newest then.
    package func notify() {
        guard let transport, !unsent.isEmpty, transport.isWritable() else { return }
        for (stream, settings) in unsent {
            let parameters = RequestHandler.json(of: stream, settings)
            transport.write(.notification(method: ControlMethod.settingsChanged, parameters: parameters))
        }
        unsent = [:]
        transport.flush()
    }

    private func later(
        _ request: ControlRequest, _ work: @escaping @Sendable () async throws(ControlError) -> JSONValue
    ) throws(ControlError) {
        guard slowRequests < handler.limits.slowRequests else {
            throw ControlError(
                .tooManyRequests, "\(slowRequests) requests are still under way; wait for one of their answers")
        }
        slowRequests += 1
        let this = NIOLoopBound(self, eventLoop: loop)
        Task { [loop] in
            let result: Result<JSONValue, ControlError>
            do throws(ControlError) { result = .success(try await work()) } catch { result = .failure(error) }
            loop.execute { this.value.finish(request, result) }
        }
    }

    private func finish(_ request: ControlRequest, _ result: Result<JSONValue, ControlError>) {
        slowRequests -= 1
        guard let transport else { return }
        reply(to: request, result)
        transport.flush()
        transport.answeredLate()
    }

    private func observe(_ stream: String, _ store: SettingsStore) {
        let this = NIOLoopBound(self, eventLoop: loop)
        let known = store.target.version
        observations[stream] = Task { [loop] in
            for await settings in store.updates() where settings.version > known {
                // Waits for the loop, so that a flood of changes is not queued there but skipped in the stream.
                try? await loop.submit {
                    guard this.value.observations[stream] != nil else { return }
                    this.value.unsent[stream] = settings
                    this.value.notify()
                }.get()
            }
        }
    }
}
