import ArgumentParser
import CUDAEngine
import Foundation
import Graph
import Media
import OpenVINOEngine

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "What this machine has for restyling, and what is missing.")

    func run() throws {
        print("FFmpeg")
        for library in FFmpegVersion.linked { print("  \(library)") }
        let missing = ["libx264", "aac", "libopus"].filter { !FFmpegVersion.hasEncoder($0) }
        if !missing.isEmpty { print("  without the encoders \(missing.joined(separator: ", "))") }
        print("Processor")
        let processor = Self.processor()
        print("  \(processor.name), \(ProcessInfo.processInfo.activeProcessorCount) cores")
        print(
            "  \(processor.features.isEmpty ? "no vector extensions of interest" : processor.features.joined(separator: ", "))"
        )
        print("Engines")
        Self.reportCUDA()
        do {
            let found = try OpenVINO.locate()
            print("  openvino \(found.version)")
            print("    \(found.library)")
            for device in found.devices {
                print("    \(device.name): \(device.fullName) (\(device.capabilities.joined(separator: " ")))")
            }
        } catch let error as EngineError {
            print("  openvino is missing: \(error)")
            throw ExitCode(ExitStatus.unavailable.rawValue)
        }
        print("  reference, for checking")
    }

    /// Missing, it is no reason to fail: `auto` does not ask for it.
    private static func reportCUDA() {
        do {
            let found = try CUDA.locate()
            print("  cuda \(found.driverVersion), checked without a GPU and not yet measured; --engine cuda takes it")
            print("    NVRTC \(found.compilerVersion): \(found.compiler)")
            for device in found.devices { print("    \(device)") }
        } catch {
            print("  cuda is missing: \(error)")
        }
    }

    /// As /proc/cpuinfo has it.
    private static func processor() -> (name: String, features: [String]) {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        func field(_ name: String) -> String? {
            text.split(separator: "\n").first { $0.hasPrefix(name) }?
                .split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
        }
        let flags = Set((field("flags") ?? "").split(separator: " ").map(String.init))
        let telling = [
            "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8", "avx_vnni",
        ]
        return (field("model name") ?? "an unknown processor", telling.filter(flags.contains))
    }
}
