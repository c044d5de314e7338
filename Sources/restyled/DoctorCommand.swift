import ArgumentParser
import CUDAEngine
import Diffusion
import EngineSupport
import Foundation
import Graph
import Media
import ModelLoading
import ONNXRuntimeEngine
import OpenVINOEngine
import Pipeline
import Settings
import Weights

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "What this machine has for restyling, how fast it is, and what is missing.",
        discussion: "✓ works, – is missing and not needed, ✗ is missing: the command that installs it stands behind it."
    )

    @Option(help: "Measure on this engine.") var engine: EngineName = .auto
    @Option(help: "Measure on this device, one of those that are listed.", completion: .devices) var device: String?
    @Option(help: "Measure in this precision.") var precision: Precision = .auto
    @Flag(help: "Print one JSON object.") var json = false

    func run() throws {
        var report = DoctorReport()
        addFFmpeg(to: &report)
        addProcessor(to: &report)
        let hasEngine = addEngines(to: &report)
        addDisk(to: &report)
        if hasEngine { addMeasurements(to: &report) }
        print(try json ? report.json() : report.text)
        if report.findings.contains(where: { $0.state == .missing }) {
            throw ExitCode(ExitStatus.unavailable.rawValue)
        }
    }

    private func addFFmpeg(to report: inout DoctorReport) {
        report.add("FFmpeg", .works, FFmpegVersion.linked.joined(separator: ", "))
        for (encoder, purpose) in [("libx264", "H.264 video"), ("aac", "AAC sound"), ("libopus", "Opus sound")]
        where !FFmpegVersion.hasEncoder(encoder) {
            report.add("FFmpeg", .optional, "without \(encoder), which writes \(purpose)")
        }
    }

    private func addProcessor(to report: inout DoctorReport) {
        let processor = Processor()
        report.add(
            "Processor", .works, "\(processor.name), \(ProcessInfo.processInfo.activeProcessorCount) cores",
            [
                processor.features.isEmpty
                    ? "no vector extensions of interest" : processor.features.joined(separator: ", ")
            ])
    }

    /// - Returns: whether there is one that restyles at a speed worth having.
    private func addEngines(to report: inout DoctorReport) -> Bool {
        var isThere = false
        do {
            let found = try OpenVINO.locate()
            isThere = true
            report.add(
                "Engines", .works, "openvino \(found.version)",
                [found.library]
                    + found.devices.map {
                        "--device \($0.name): \($0.fullName) (\($0.capabilities.joined(separator: " ")))"
                    })
            if !found.devices.contains(where: { $0.name.hasPrefix("GPU") }) {
                report.add(
                    "Engines", .optional,
                    "openvino sees no Intel GPU; one needs its driver: apt-get install intel-opencl-icd")
            }
        } catch {
            report.add("Engines", .missing, "openvino: \(error)")
        }
        // Missing, they are no reason to fail: `auto` does not ask for them.
        do {
            let found = try CUDA.locate()
            report.add(
                "Engines", .works,
                "cuda \(found.driverVersion), which --engine cuda takes",
                ["NVRTC \(found.compilerVersion): \(found.compiler)"]
                    + found.devices.enumerated().map { "--device \($0.offset): \($0.element)" })
        } catch {
            report.add("Engines", .optional, "cuda, for NVIDIA's GPUs: \(error)")
        }
        addONNXRuntime(to: &report)
        report.add("Engines", .works, "reference, slow, for checking the others")
        return isThere
    }

    private func addONNXRuntime(to report: inout DoctorReport) {
        do {
            let found = try ONNXRuntime.locate()
            var details = [found.library]
            for provider in found.providers where provider != .webgpu {
                details.append("--device \(provider.rawValue)")
            }
            if found.providers.contains(.webgpu) {
                let devices = try Vulkan.devices()
                if devices.isEmpty { details.append("webgpu: no Vulkan driver was found; install your GPU's") }
                for (index, device) in devices.enumerated() {
                    details.append("--device webgpu\(index == 0 ? "" : ":\(index)"): \(device)")
                }
            }
            report.add(
                "Engines", .works,
                "onnxruntime \(found.version), which --engine onnxruntime takes", details)
        } catch {
            report.add("Engines", .optional, "onnxruntime, for any GPU with a Vulkan driver: \(error)")
        }
    }

    private func addDisk(to report: inout DoctorReport) {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["HOME"] ?? "/"
        let folder = HubCache(environment: environment)?.folder ?? home
        if let free = Disk.free(at: folder) ?? Disk.free(at: home) {
            report.freeDiskBytes = free
            report.add("Disk", .works, "\(ModelsShowCommand.bytes(free)) free for models", [folder])
        }
        for (name, path) in [
            ("downloaded models", folder),
            ("compiled models", LibraryFolders(environment: environment).cache("openvino")),
        ] {
            guard let path, let size = Disk.size(of: path) else { continue }
            report.cacheBytes[name == "compiled models" ? "compiled" : "downloaded"] = size
            report.add("Disk", .works, "\(ModelsShowCommand.bytes(size)) of \(name)", [path])
        }
    }

    /// Measures what was asked for, or else all that is there, which `auto` goes by from then on.
    private func addMeasurements(to report: inout DoctorReport) {
        let asked = EngineChoice(engine, device: device, precision: precision)
        if asked != EngineChoice() {
            do {
                let measured = try Measurement(asked)
                report.add(Self.measured, .works, measured.engine, [Self.rate(measured.framesPerSecond)])
                report.framesPerSecond = measured.framesPerSecond
            } catch {
                report.add(Self.measured, .missing, "\(error)")
            }
            return
        }
        var exact: RGBImage?
        var results: [MeasuredEngines.Measurement] = []
        for choice in Self.candidates {
            let name = "\(choice.engine.rawValue) on \(choice.device ?? "") in \(choice.precision.rawValue)"
            do {
                let measured = try Measurement(choice)
                if choice.device == "CPU", choice.precision == .fp32 { exact = measured.picture }
                let decibels = exact.map { $0.decibels(from: measured.picture) }
                let result = MeasuredEngines.Measurement(
                    choice, framesPerSecond: measured.framesPerSecond,
                    decibels: decibels.flatMap { $0.isFinite ? $0 : nil })
                results.append(result)
                let nearness = result.decibels.map { String(format: ", %.0f dB from fp32's picture", $0) } ?? ""
                report.add(Self.measured, .works, "\(name): \(Self.rate(result.framesPerSecond))\(nearness)")
            } catch {
                report.add(Self.measured, .optional, "\(name): \(error)")
            }
        }
        report.measured = results
        let all = MeasuredEngines(results)
        guard let best = all.best, let choice = best.choice else {
            report.add("What auto takes", .missing, "nothing that was measured works")
            return
        }
        (report.auto, report.framesPerSecond) = (best, best.framesPerSecond)
        let kept: String
        do { kept = try all.save().map { "kept in \($0)" } ?? "not kept: there is no HOME" } catch {
            kept = "not kept: \(error.localizedDescription)"
        }
        report.add(
            "What auto takes", .works,
            "\(choice.engine.rawValue) on \(best.device) in \(best.precision): the fastest of these"
                + (best.precision == "fp32"
                    ? "" : String(format: " within %.0f dB of fp32", MeasuredEngines.leastDecibels)),
            ["--engine, --device and --precision choose another", kept])
    }

    private static let measured = "Measured, pocket at 320x184 for one second each"

    private static func rate(_ framesPerSecond: Double) -> String { String(format: "%.1f frames/s", framesPerSecond) }

    /// All that could be the fastest; the exact one comes first, for the others are compared with it.
    private static var candidates: [EngineChoice] {
        var choices: [EngineChoice] = []
        for device in (try? OpenVINO.locate())?.devices ?? [] {
            for precision in [Precision.fp32, .bf16, .fp16]
            where precision == .fp32
                || (device.name != "CPU" || precision == .bf16)
                    && device.capabilities.contains(precision.rawValue.uppercased())
            {
                choices.append(EngineChoice(.openvino, device: device.name, precision: precision))
            }
        }
        choices.sort { $0.device == "CPU" && $1.device != "CPU" }
        if (try? ONNXRuntime.locate())?.providers.contains(.webgpu) == true {
            for (index, device) in ((try? Vulkan.devices()) ?? []).enumerated() where device.kind != .software {
                for precision in [Precision.fp32, .fp16] {
                    choices.append(EngineChoice(.onnxruntime, device: "webgpu:\(index)", precision: precision))
                }
            }
        }
        for index in ((try? CUDA.locate())?.devices ?? []).indices {
            choices.append(EngineChoice(.cuda, device: "\(index)", precision: .bf16))
        }
        return choices
    }

    /// One second of the small model, from RGB to RGB.
    private struct Measurement {
        let engine: String
        let framesPerSecond: Double
        /// What it makes of the test picture.
        let picture: RGBImage

        init(_ choice: EngineChoice) throws {
            let opened = try ModelChoice(model: PocketModel.name).open()
            let loaded = try LoadedModel(
                opened.model, files: opened.tokenizers, engine: choice.make(),
                size: WorkingSize(width: 320, height: 184))
            let restyler = try Restyler(loaded)
            var change = SettingsChange()
            try change.set("prompt", parsing: "oil painting")
            let settings = SettingsStore(StreamSettings().applying(change))
            let source = BenchPicture.make(width: 320, height: 184)
            picture = try restyler.restyle(source, with: settings.snapshot())
            for _ in 0..<3 { _ = try restyler.restyle(source, with: settings.snapshot()) }
            let start = ContinuousClock.now
            var frames = 0
            while ContinuousClock.now - start < .seconds(1) {
                _ = try restyler.restyle(source, with: settings.snapshot())
                frames += 1
            }
            engine = loaded.engine.description
            framesPerSecond = Double(frames) / ((ContinuousClock.now - start) / .seconds(1))
        }
    }
}

/// What was found, by sections.
struct DoctorReport: Encodable {
    enum State: String, Encodable {
        case works, optional, missing

        var mark: String {
            switch self {
            case .works: "✓"
            case .optional: "–"
            case .missing: "✗"
            }
        }
    }

    struct Finding: Encodable {
        let section: String
        let state: State
        let text: String
        let details: [String]
    }

    private(set) var findings: [Finding] = []
    /// Of the small model, on what was asked for or what auto takes.
    var framesPerSecond: Double?
    var measured: [MeasuredEngines.Measurement] = []
    /// What auto takes.
    var auto: MeasuredEngines.Measurement?
    /// For models, bytes.
    var freeDiskBytes: Int?
    /// Of downloaded and of compiled models, bytes.
    var cacheBytes: [String: Int] = [:]

    mutating func add(_ section: String, _ state: State, _ text: String, _ details: [String] = []) {
        findings.append(Finding(section: section, state: state, text: text, details: details))
    }

    var text: String {
        var (lines, section) = ([String](), "")
        for finding in findings {
            if finding.section != section { lines.append(finding.section) }
            section = finding.section
            lines.append("  \(finding.state.mark) \(finding.text)")
            lines += finding.details.map { "      \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension RGBImage {
    /// The peak signal-to-noise ratio between two pictures of one size; infinite where they are the same.
    fileprivate func decibels(from other: RGBImage) -> Double {
        let squares = zip(bytes, other.bytes).reduce(0) { $0 + (Int($1.0) - Int($1.1)) * (Int($1.0) - Int($1.1)) }
        return 10 * log10(255 * 255 * Double(bytes.count) / Double(squares))
    }
}

/// As /proc/cpuinfo has it.
private struct Processor {
    let name: String
    let features: [String]

    init() {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        func field(_ name: String) -> String? {
            text.split(separator: "\n").first { $0.hasPrefix(name) }?
                .split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
        }
        let flags = Set((field("flags") ?? "").split(separator: " ").map(String.init))
        let telling = [
            "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8", "avx_vnni",
        ]
        (name, features) = (field("model name") ?? "an unknown processor", telling.filter(flags.contains))
    }
}

private enum Disk {
    /// Bytes that this user may still write there; nil where there is no such folder.
    static func free(at path: String) -> Int? {
        var information = statvfs()
        guard statvfs(path, &information) == 0 else { return nil }
        return Int(information.f_bavail) * Int(information.f_frsize)
    }

    /// Bytes of the files in a folder, links not followed; nil where there is no such folder.
    static func size(of path: String) -> Int? {
        let keys: Set<URLResourceKey> = [.fileSizeKey, .isRegularFileKey]
        let files = FileManager.default
        guard files.fileExists(atPath: path),
            let all = files.enumerator(at: URL(fileURLWithPath: path), includingPropertiesForKeys: Array(keys))
        else { return nil }
        return all.reduce(0) { sum, item in
            guard let values = try? (item as? URL)?.resourceValues(forKeys: keys), values.isRegularFile == true else {
                return sum
            }
            return sum + (values.fileSize ?? 0)
        }
    }
}
