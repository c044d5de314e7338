import Graph
import Testing

@testable import Daemon

/// What ends the daemon, so that systemd starts a new process.
@Suite struct DeviceLossTests {
    @Test func onlyALostDeviceEndsTheWait() async throws {
        let losses = DeviceLosses()
        losses.note(EngineError(.outOfMemory, "full"))
        losses.note(CancellationError())
        losses.note(EngineError(.deviceLost, "first"))
        losses.note(EngineError(.deviceLost, "second"))
        let error = await #expect(throws: EngineError.self) { try await losses.wait() }
        #expect(error == EngineError(.deviceLost, "first"))
    }

    @Test func aShutdownEndsTheWaitAsWell() async {
        let losses = DeviceLosses()
        let wait = Task { try await losses.wait() }
        wait.cancel()
        await #expect(throws: CancellationError.self) { try await wait.value }
    }
}
