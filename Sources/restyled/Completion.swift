import ArgumentParser
import Basics
import CUDAEngine
import Control
import Diffusion
import Foundation
import Media
import ModelLoading
import ONNXRuntimeEngine
import OpenVINOEngine
import Settings
import Weights

/// What the shell offers behind an option. The lists are made when they are asked for, by the program itself.
extension CompletionKind {
    /// The settings as the beginnings of assignments.
    static var assignments: CompletionKind { .list(SettingName.allCases.map { "\($0.rawValue)=" }) }

    /// The models on this machine, and folders and checkpoints.
    static var models: CompletionKind {
        .custom { _, _, prefix in
            let cache = HubCache(environment: ProcessInfo.processInfo.environment)
            return CachedModel.all(in: cache).map(\.name) + paths(beginning: prefix) { $0.hasSuffix(".safetensors") }
        }
    }

    /// The styles of the model that comes with the program; others take any text.
    static var styles: CompletionKind {
        .custom { arguments, _, _ in
            let place = arguments.firstIndex(of: "--model").map { $0 + 1 }
            let model = place.flatMap { $0 < arguments.count ? arguments[$0] : nil } ?? PocketModel.name
            guard let opened = try? ModelChoice(model: model).open() else { return [] }
            let names = (try? ModelStyles(of: opened.files))?.styles.map(\.style) ?? []
            // bash's compgen takes one backslash away and leaves the other to quote the space.
            guard ProcessInfo.processInfo.environment["SAP_SHELL"] == "bash" else { return names }
            return names.map { $0.replacingOccurrences(of: " ", with: #"\\ "#) }
        }
    }

    static var encoders: CompletionKind { .custom { _, _, _ in FFmpegVersion.videoEncoders } }
    static var devices: CompletionKind { .custom { _, _, _ in EngineDevices.names } }
    static var videos: CompletionKind {
        .file(extensions: ["mp4", "mkv", "mov", "webm", "avi", "ts", "m4v", "png", "jpg", "jpeg"])
    }
    static var pictures: CompletionKind { .file(extensions: ["png", "jpg", "jpeg"]) }
    static var scripts: CompletionKind { .file(extensions: ["yaml", "yml"]) }

    /// The streams of the daemon that runs.
    static var streams: CompletionKind {
        .custom { arguments, _, _ in
            let place = arguments.firstIndex(of: "--socket").map { $0 + 1 }
            let named = place.flatMap { $0 < arguments.count ? arguments[$0] : nil }
            guard let path = named ?? ControlListener.defaultPath(environment: ProcessInfo.processInfo.environment),
                var client = try? ControlClient(path: path), let answer = try? client.call(.streamList, [:])
            else { return [] }
            return (answer["streams"]?.array ?? []).compactMap { $0["name"]?.string }
        }
    }

    private static func paths(beginning prefix: String, _ isWanted: (String) -> Bool) -> [String] {
        let folder = prefix.contains("/") ? String(prefix[...(prefix.lastIndex(of: "/") ?? prefix.startIndex)]) : ""
        let files = FileManager.default
        let names = (try? files.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted().compactMap { name in
            var isFolder: ObjCBool = false
            _ = files.fileExists(atPath: folder + name, isDirectory: &isFolder)
            return isFolder.boolValue ? folder + name + "/" : isWanted(name) ? folder + name : nil
        }
    }
}

/// The devices that engines reach on this machine, by the names that `--device` takes.
enum EngineDevices {
    static var names: [String] {
        let openVINO = (try? OpenVINO.locate())?.devices.map(\.name) ?? []
        let cuda = (try? CUDA.locate())?.devices.indices.map { "\($0)" } ?? []
        let onnxRuntime = (try? ONNXRuntime.locate())?.providers.map(\.rawValue) ?? []
        return openVINO + onnxRuntime + cuda
    }
}
