import Diffusion
import Foundation
import Graph
import Media
import ModelLoading
import OpenVINOEngine
import Pipeline
import Settings
import Testing

/// The committed tiny models, and pictures made with them the whole way that a stream takes.
enum TestModel {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/models").path

    /// Noise would hide what a model does to a picture, so this has shapes.
    static func source(_ width: Int, _ height: Int) -> RGBImage {
        let bytes = (0..<width * height).flatMap { index -> [UInt8] in
            let (x, y) = (index % width, index / width)
            return [UInt8(x * 255 / width), UInt8(y * 255 / height), (x / 8 + y / 8) % 2 == 0 ? 60 : 190]
        }
        return RGBImage(width: width, height: height, bytes: bytes)
    }

    static func picture(
        _ opened: OpenedModel, on engine: any Engine, width: Int = 64, height: Int = 40, steps: Int = 1
    ) throws -> [UInt8] {
        let loaded = try LoadedModel(
            opened.model, files: opened.tokenizers, engine: engine, size: .init(width: width, height: height))
        var settings = StreamSettings()
        (settings.prompt, settings.strength, settings.steps) = (Prompt("watercolor painting"), 0.6, steps)
        let snapshot = SettingsStore(settings).snapshot()
        return try Restyler(loaded).restyle(source(width, height), with: snapshot).bytes
    }

    /// Cancels the test, visibly, where OpenVINO is not on this machine.
    static func engine(_ choice: EngineChoice) throws -> any Engine {
        do {
            return try choice.make()
        } catch let error as EngineError where error.code == .notFound && choice.engine == .openvino {
            try Test.cancel("\(error)")
        }
    }
}

/// Peak signal-to-noise ratio of RGB8 pictures in dB.
func psnr(_ result: [UInt8], _ expected: [UInt8]) -> Double {
    let error = zip(result, expected).reduce(0.0) { sum, pair in
        let difference = Double(pair.0) - Double(pair.1)
        return sum + difference * difference
    }
    return error == 0 ? .infinity : 10 * log10(255 * 255 * Double(expected.count) / error)
}
