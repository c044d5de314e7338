import Basics
import Control
import Foundation
import Glibc
import Logging
import Settings
import TestTools

/// Runs a control server on a socket of its own for the length of `body`, which has a thread of its own, because it
/// waits for answers.
func withServer(
    _ target: FakeTarget = FakeTarget(), limits: ControlLimits = ControlLimits(),
    _ body: @escaping @Sendable (String) throws -> Void
) async throws {
    let path = socketPath()
    defer { unlink(path + ".lock") }
    let listener = try ControlListener.open(path: path)
    try await withThrowingTaskGroup(of: Void.self) { group in
        let server = ControlServer(
            listener, target: target, version: "1.2.3", limits: limits,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        group.addTask { try await server.run() }
        try await onThread { try body(path) }
        group.cancelAll()
    }
}

func socketPath() -> String { "/tmp/restyled-\(UUID().uuidString.prefix(13)).sock" }

extension RawClient {
    /// The answer to a request.
    func ask(_ text: String) -> JSONValue? {
        send(text + "\n")
        return line().flatMap { try? JSONValue(parsing: $0) }
    }
}
