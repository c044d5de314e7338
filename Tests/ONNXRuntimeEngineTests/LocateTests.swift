import EngineSupport
import Graph
import ONNXRuntimeEngine
import Testing

@Suite struct LocateTests {
    @Test(.enabled(if: TestEngines.hasLibrary, "\(TestEngines.missingLibrary)"))
    func findsAnInstallationAndItsProviders() throws {
        let found = try ONNXRuntime.locate()
        #expect(found.library.contains("libonnxruntime.so"))
        #expect(found.version.hasPrefix("1."))
        #expect(found.providers.contains(.cpu))
    }

    @Test func namedPlaceIsTheOnlyOneTried() throws {
        var environment = ProcessEnvironment.current
        environment["RESTYLED_ONNXRUNTIME"] = "/nonexistent"
        let error = #expect(throws: EngineError.self) { _ = try ONNXRuntime.locate(environment: environment) }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("/nonexistent") == true)
    }

    @Test func anotherLibraryIsRefused() throws {
        let other = "/lib/x86_64-linux-gnu/libm.so.6"
        let error = #expect(throws: EngineError.self) {
            _ = try ONNXRuntime.locate(environment: ["RESTYLED_ONNXRUNTIME": other])
        }
        #expect(error?.message.contains("lacks OrtGetApiBase") == true)
    }

    @Test func nowhereToBeFoundTellsTheCommand() throws {
        let error = #expect(throws: EngineError.self) {
            _ = try ONNXRuntime.locate(environment: ["HOME": "/nonexistent", "XDG_DATA_HOME": "/data"])
        }
        #expect(error?.message == "ONNX Runtime was not found; install it with: restyled setup webgpu")
    }
}
