import ArgumentParser
import Basics
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
        if hasEngine { addMeasurement(to: &report) }
        print(try json ? report.json() : report.text)
        if report.findings.contains(where: { $0.state == .missing }) {
            throw ExitCode(.unavailable)
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
        // Not a reason to fail where they are missing: `auto` does not ask for them.
        do {
            let found = try CUDA.locate()
            report.add(
                "Engines", .works,
                "cuda \(found.driverVersion), which --engine cuda takes; auto leaves it out until it is measured",
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
                "onnxruntime \(found.version), which --engine onnxruntime takes; auto leaves it out until it is measured "
                    + "on a card", details)
        } catch {
            report.add("Engines", .optional, "onnxruntime, for any GPU with a Vulkan driver: \(error)")
        }
    }

    private func addDisk(to report: inout DoctorReport) {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["HOME"] ?? "/"
        let folder = HubCache(environment: environment)?.folder ?? home
        if let free = Disk.free(at: folder) ?? Disk.free(at: home) {
            report.add("Disk", .works, "\(ModelsShowCommand.bytes(free)) free for models", [folder])
        }
        for (name, path) in [
            ("downloaded models", folder),
            ("compiled models", LibraryFolders(environment: environment).cache("openvino")),
        ] {
            guard let path, let size = Disk.size(of: path) else { continue }
            report.add("Disk", .works, "\(ModelsShowCommand.bytes(size)) of \(name)", [path])
        }
    }

    private func addMeasurement(to report: inout DoctorReport) {
        do {
            let measured = try Measurement(EngineChoice(engine, device: device, precision: precision))
            report.add(
                engine == .auto && device == nil && precision == .auto ? "What auto takes" : "Measured", .works,
                measured.engine,
                [String(format: "pocket at 320x184: %.1f frames/s in one second", measured.framesPerSecond)]
                    + (measured.engine.contains("in bf16")
                        ? ["bf16, because this processor multiplies in it; --precision fp32 is exact"] : []))
            report.framesPerSecond = measured.framesPerSecond
        } catch {
            report.add("Measured", .missing, "\(error)")
        }
    }

    /// One second of the small model, from RGB to RGB.
    private struct Measurement {
        let engine: String
        let framesPerSecond: Double

        init(_ choice: EngineChoice) throws {
            let opened = try ModelChoice(model: PocketModel.name).open()
            let loaded = try LoadedModel(
                opened.model, files: opened.tokenizers, engine: choice.make(),
                size: WorkingSize(width: 320, height: 184))
            let restyler = try Restyler(loaded)
            var change = SettingsChange()
            try change.set("prompt", parsing: "oil painting")
            let settings = SettingsStore(StreamSettings().applying(change))
            let picture = BenchPicture.make(width: 320, height: 184)
            for _ in 0..<3 { _ = try restyler.restyle(picture, with: settings.snapshot()) }
            let start = ContinuousClock.now
            var frames = 0
            while ContinuousClock.now - start < .seconds(1) {
                _ = try restyler.restyle(picture, with: settings.snapshot())
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
    /// Of the small model, where it was measured.
    var framesPerSecond: Double?

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
