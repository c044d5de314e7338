import EngineTools
import Foundation
import Graph
import Testing

@testable import OpenVINOEngine

@Suite struct WinogradTests {
    /// The reference takes its time: one of them stands for all in the ordinary run.
    @Test(arguments: isFull ? [DataType.float32, .float16, .bfloat16] : [.float16])
    func equalsTheConvolution(_ stored: DataType) throws {
        var comparison = Comparison()
        let x = comparison.input([1, 256, 64, 68])
        let weight = comparison.weight([260, 256, 3, 3], as: stored)
        let bias = comparison.weight([260], as: stored)
        let difference = try comparison.difference { builder in
            let result = try builder.conv2d(x, weight: weight, bias: bias, padding: .init(1))
            let graph = builder.finish()
            try #require(Winograd.pays(graph[result], graph))
            return [result]
        }
        #expect(difference < 2e-5)
    }

    @Test(
        arguments: [
            ([1, 256, 62, 68], 256), ([1, 256, 64, 64], 128), ([1, 128, 64, 64], 256), ([2, 256, 64, 64], 256),
            ([1, 256, 32, 32], 256), ([1, 256, 256, 256], 256),
        ] as [(Shape, Int)])
    func isForManyChannelsAndWholeTilesAlone(_ input: Shape, _ outputs: Int) throws {
        let builder = GraphBuilder()
        let weight = builder.constant(InlineConstant(bytes: []), TensorType([outputs, input[1], 3, 3]), name: "w")
        let result = try builder.conv2d(
            builder.input("x", TensorType(input), from: .frame), weight: weight, bias: nil, padding: .init(1))
        let graph = builder.finish()
        #expect(!Winograd.pays(graph[result], graph))
    }
}

/// Every count in full when RESTYLED_TEST_ALL is set, else a sample.
private let isFull = ProcessInfo.processInfo.environment["RESTYLED_TEST_ALL"] == "1"
