import Graph
import OpenVINOEngine
import Testing

@Suite struct LocateTests {
    @Test func findsAnInstallationAndItsCPU() throws {
        let found = try OpenVINO.locate()
        #expect(found.library.contains("libopenvino_c.so"))
        #expect(found.version.first?.isNumber == true)
        let cpu = try #require(found.devices.first { $0.name == "CPU" })
        #expect(!cpu.fullName.isEmpty && cpu.capabilities.contains("FP32"))
    }

    @Test func namedPlaceIsTheOnlyOneTried() throws {
        var environment = OpenVINO.currentEnvironment
        environment["RESTYLED_OPENVINO"] = "/nonexistent"
        let error = #expect(throws: EngineError.self) { _ = try OpenVINO.locate(environment: environment) }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("/nonexistent") == true)
        #expect(error?.message.contains("restyled setup openvino") == true)
    }

    @Test func namedPlaceMayBeTheLibraryOrItsFolder() throws {
        let library = try OpenVINO.locate().library
        guard let slash = library.lastIndex(of: "/") else { return }
        for place in [library, String(library[..<slash])] {
            var environment = OpenVINO.currentEnvironment
            environment["RESTYLED_OPENVINO"] = place
            #expect(try OpenVINO.locate(environment: environment).library == library)
        }
    }

    @Test func nowhereToBeFoundTellsTheCommand() throws {
        let error = #expect(throws: EngineError.self) {
            _ = try OpenVINO.locate(environment: ["HOME": "/nonexistent", "XDG_DATA_HOME": "/data"])
        }
        #expect(
            error?.message
                == "OpenVINO was not found; install it with: restyled setup openvino")
    }

    @Test func missingDeviceIsNamedWithThoseThatAreThere() throws {
        let error = #expect(throws: EngineError.self) { _ = try OpenVINOEngine(options: .init(device: "TPU")) }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("no device TPU: it has CPU") == true)
    }
}
