import ArgumentParser
import CUDAEngine
import Diffusion
import Foundation
import Graph
import Weights

/// Times one stream's frames on a GPU, RGB8 on the host to RGB8 on the host, on machines that have neither FFmpeg nor the
/// rest of the program: Tests/Benchmarks/gpu.py runs it beside diffusers.
@main
struct RestyledBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restyled-bench", abstract: "Times frames on an NVIDIA GPU and writes JSON.")

    @Option(help: "A folder as diffusers saves it.")
    var model: String
    @Option(help: "Another autoencoder's folder.")
    var vae: String?
    @Option(
        help: ArgumentHelp(
            "A safetensors file with frame (uint8 [1, H, W, 3]), prompt_embeds, pooled_prompt_embeds for SDXL and noise "
                + "(float32)."))
    var inputs: String
    @Option(help: "fp32, bf16 or fp16.")
    var precision = "bf16"
    @Option(help: "How much of the frame is replaced, above 0 and up to 1.")
    var strength = 0.5
    @Option(help: "Frames that are timed.")
    var frames = 200
    @Option(help: "Frames before those.")
    var warmUp = 20
    @Option(help: "Where the last picture's bytes are written.")
    var picture: String?
    @Flag(help: "Tell how long each kind of kernel takes as well.")
    var kernels = false

    func run() throws {
        let precisions: [String: CUDAOptions.Precision] = ["fp32": .float32, "bf16": .bfloat16, "fp16": .float16]
        guard let precision = precisions[precision] else {
            throw ValidationError("--precision takes fp32, bf16 or fp16")
        }
        guard frames > 0, warmUp >= 0 else { throw ValidationError("--frames takes 1 and more") }
        let device = TimedDevice(try CUDA.openDevice(cacheFolder: CUDA.cacheFolder()))
        let inputs = try BenchInputs(inputs)
        let clock = ContinuousClock()
        let start = clock.now
        let stream = try BenchStream(
            sources: ModelSources(model: FolderFiles(model), autoencoder: vae.map { FolderFiles($0) }),
            inputs: inputs, strength: strength, device: device, options: CUDAOptions(precision: precision))
        var report = BenchReport(device: device.description, loadMs: (clock.now - start) / .milliseconds(1))
        for _ in 0..<warmUp { try stream.restyle() }
        report.frameMs = BenchReport.Spread(
            try (0..<frames).map { _ in try clock.measure { try stream.restyle() } / .milliseconds(1) })
        if kernels {
            report.kernelMs = try device.timed { try stream.restyle() }
        }
        if let picture { try Data(stream.picture).write(to: URL(filePath: picture)) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
}
