import Foundation
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

extension Engine {
    /// Runs a whole graph once: bytes in by name, bytes out by name.
    func evaluate(_ graph: Graph, _ inputs: [String: [UInt8]]) throws -> [String: [UInt8]] {
        var buffers: [String: any Buffer] = [:]
        for (name, type) in graph.inputTypes.merging(graph.outputTypes, uniquingKeysWith: { first, _ in first }) {
            buffers[name] = try makeBuffer(type)
        }
        for (name, bytes) in inputs { try bytes.withUnsafeBytes { try buffers[name]?.write($0) } }
        try compile(graph, label: "test").bind(buffers).run()
        var results: [String: [UInt8]] = [:]
        for (name, type) in graph.outputTypes {
            var bytes = [UInt8](repeating: 0, count: type.byteCount)
            try bytes.withUnsafeMutableBytes { try buffers[name]?.read(into: $0) }
            results[name] = bytes
        }
        return results
    }
}

func floats(_ bytes: [UInt8]) -> [Float] { bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } }

/// The largest difference in units of the expected values' root mean square: one value near zero does not count more
/// than others, and one wrong value in a thousand is not averaged away.
func relativeError(_ result: [Float], _ expected: [Float]) -> Double {
    guard result.count == expected.count, !expected.isEmpty else { return .infinity }
    let square = expected.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(expected.count)
    let worst = zip(result, expected).reduce(0.0) { worst, pair in
        let difference = abs(Double(pair.0) - Double(pair.1))
        return difference.isNaN ? .infinity : max(worst, difference)
    }
    return worst / square.squareRoot()
}

/// Peak signal-to-noise ratio of RGB8 pictures in dB.
func psnr(_ result: [UInt8], _ expected: [UInt8]) -> Double {
    guard result.count == expected.count, !expected.isEmpty else { return -.infinity }
    let error = zip(result, expected).reduce(0.0) { sum, pair in
        let difference = Double(pair.0) - Double(pair.1)
        return sum + difference * difference
    }
    return error == 0 ? .infinity : 10 * log10(255 * 255 * Double(expected.count) / error)
}
