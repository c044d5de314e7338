import Diffusion
import EngineTools
import Foundation
import TestTools
import Testing
import Weights

@testable import CUDAEngine
@testable import restyled_bench

/// What restyled-bench times is the picture that diffusers makes.
@Suite(.enabled(if: EmulatedKernels.isPossible, "there is no C++ compiler to emulate kernels with"))
struct BenchTests {
    @Test func makesThePictureOfItsInputs() throws {
        let fixture = try Fixture("sd-tiny")
        let test = try #require(fixture.cases.first { $0.steps == 1 })
        let folder = try TemporaryFolder()
        let tensors: [(name: String, type: String, bytes: [UInt8], shape: [Int])] = [
            ("frame", "U8", try fixture.bytes("\(test.label).frame"), [1, test.height, test.width, 3]),
            ("noise", "F32", try fixture.bytes("\(test.label).noise"), []),
            ("prompt_embeds", "F32", try fixture.bytes("\(test.spoken).prompt_embeds"), []),
        ]
        let inputs = try BenchInputs(try folder.write("inputs.safetensors", Self.safetensors(tensors)))
        #expect(inputs.size == test.size)
        let device = TimedDevice(EmulatedDevice(), repetitions: 1)
        let stream = try BenchStream(
            sources: ModelSources(model: Fixture.files("sd-tiny")), inputs: inputs, strength: test.strength,
            device: device, options: CUDAOptions(precision: .bfloat16))
        try stream.restyle()
        #expect(psnr(stream.picture, try fixture.bytes("\(test.label).picture")) >= FixtureTests.decibels)
    }

    @Test func spreadsAreThoseOfTheTimes() {
        let spread = BenchReport.Spread((1...100).map(Double.init).shuffled())
        #expect(spread.minimum == 1 && spread.median == 51 && spread.p95 == 96)
    }

    private static func safetensors(
        _ tensors: [(name: String, type: String, bytes: [UInt8], shape: [Int])]
    ) throws -> [UInt8] {
        var (header, data): ([String: Any], [UInt8]) = ([:], [])
        for (name, type, bytes, shape) in tensors {
            header[name] = [
                "dtype": type, "shape": shape.isEmpty ? [bytes.count / 4] : shape,
                "data_offsets": [data.count, data.count + bytes.count],
            ]
            data += bytes
        }
        let text = Array(try JSONSerialization.data(withJSONObject: header))
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text + data
    }
}
