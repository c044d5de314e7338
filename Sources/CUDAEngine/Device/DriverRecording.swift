import CCUDA
import Graph

/// A captured CUDA graph, and the stream that it is replayed on.
///
/// Unchecked: one thread at a time runs it.
final class DriverRecording: Recording, @unchecked Sendable {
    private let device: DriverDevice
    private let stream, executable: OpaquePointer

    /// Takes the stream over, and the graph apart.
    init(_ device: DriverDevice, stream: OpaquePointer, graph: OpaquePointer?) throws {
        let functions = device.driver.functions
        var executable: OpaquePointer?
        if let graph {
            try device.driver.check(
                functions.GraphInstantiateWithFlags(&executable, graph, 0), "the recording could not be made to run")
        }
        guard let graph, let executable else { throw EngineError(.runFailed, "the recording is empty") }
        _ = functions.GraphDestroy(graph)
        (self.device, self.stream, self.executable) = (device, stream, executable)
    }

    deinit {
        guard (try? device.enter()) != nil else { return }
        _ = device.driver.functions.GraphExecDestroy(executable)
        _ = device.driver.functions.StreamDestroy(stream)
    }

    func run() throws {
        try device.enter()
        let driver = device.driver
        try driver.check(driver.functions.GraphLaunch(executable, stream), "the recording could not be started")
        try driver.check(driver.functions.StreamSynchronize(stream), "the recording failed")
    }
}
