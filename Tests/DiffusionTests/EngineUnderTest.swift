import EngineTools
import Graph
import OpenVINOEngine
import ReferenceEngine
import Testing

/// The engines every parity test runs on.
enum EngineUnderTest: String, CaseIterable, CustomTestStringConvertible {
    case reference, openVINO

    var testDescription: String { rawValue }

    private static let sharedOpenVINO = Result { try OpenVINOEngine() }

    /// Cancels the test, visibly, where the engine's library is not on this machine.
    func make() throws -> any Engine {
        switch self {
        case .reference: return ReferenceEngine()
        case .openVINO:
            do {
                return try Self.sharedOpenVINO.get()
            } catch let error as EngineError where error.code == .notFound {
                try Test.cancel("\(error)")
            }
        }
    }
}
