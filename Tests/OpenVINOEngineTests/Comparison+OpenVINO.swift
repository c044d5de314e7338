import EngineTools
import OpenVINOEngine

/// One engine for all tests: starting OpenVINO takes a moment.
private let sharedEngine = Result { try OpenVINOEngine(options: OpenVINOOptions(threads: 2)) }

extension Comparison {
    /// With OpenVINO.
    init() { self.init { try sharedEngine.get() } }

    static func engine() throws -> OpenVINOEngine { try sharedEngine.get() }
}
