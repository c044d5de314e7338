import COpenVINO
package import Graph

/// Runs graphs on OpenVINO: Intel's and AMD's CPUs, Intel's GPUs and NPUs.
package final class OpenVINOEngine: Engine {
    package let name = "openvino"
    package let description: String
    private let core: OpenVINOCore
    private let options: OpenVINOOptions
    /// What was asked for, or else the fastest that was measured.
    package let precision: OpenVINOOptions.Precision
    private let cache: CompiledModelCache?

    /// - Throws: `EngineError.notFound` where OpenVINO or the device is missing, with what to do about it.
    package init(
        options: OpenVINOOptions = OpenVINOOptions(), environment: [String: String] = OpenVINO.currentEnvironment
    ) throws {
        let library = try OpenVINO.open(environment: environment)
        core = try OpenVINOCore(library)
        cache = options.cacheFolder.flatMap(CompiledModelCache.init)
        cache?.prune()
        let devices = try core.devices()
        // "GPU" stands for "GPU.0", the first of several.
        guard let device = devices.first(where: { $0.name == options.device || $0.name == "\(options.device).0" })
        else {
            let names = devices.map(\.name).joined(separator: ", ")
            throw EngineError(
                .notFound,
                "OpenVINO at \(library.path) has no device \(options.device): it has \(names). Choose one of those, or "
                    + "install the device's driver.")
        }
        // bfloat16 is the faster way on processors that multiply matrices in it: 1.8 times as fast on one with AMX. What
        // other devices do best has not been measured.
        let precision =
            options.precision
            ?? (device.name == "CPU" && device.capabilities.contains("BF16") ? .bfloat16 : .float32)
        self.precision = precision
        self.options = options
        // Elsewhere OpenVINO would compute in float32 and say nothing.
        if let capability = precision.capability, !device.capabilities.contains(capability) {
            throw EngineError(
                .notFound,
                "\(device.fullName) (\(device.name)) does not compute in \(capability.lowercased()); it has "
                    + device.capabilities.joined(separator: ", ") + ". Leave the precision at fp32.")
        }
        description =
            "OpenVINO \(library.version.prefix { $0 != "-" }) on \(device.fullName) (\(device.name)) in \(precision.name), from "
            + library.path
    }

    /// Smaller pieces lower the peak of memory; too small ones cost speed at the seams.
    package var largestPiece: Int? { 640 << 20 }

    package func makeBuffer(_ type: TensorType) throws -> any Buffer {
        try OpenVINOBuffer(type, library: core.library)
    }

    package func compile(_ graph: Graph, label: String) throws -> any Executable {
        var writer = ModelWriter(graph)
        try writer.write(label: label)
        let constants = try LoadedConstants(writer.constants)
        var precision = precision
        if graph.isBeyondFloat16, precision == .float16 { precision = .float32 }
        if graph.hasAngles { precision = .float32 }
        let compiled = try core.compile(
            xml: writer.xml, constants: constants, options: options, precision: precision, cache: cache, label: label)
        // Other devices may read the host's memory in ways that cannot be watched.
        let releases = options.device == "CPU"
        if releases { constants.release() }
        return OpenVINOExecutable(
            core: core, handle: compiled, constants: constants, isReleased: releases, graph: graph, label: label)
    }
}

extension Graph {
    /// Whether sines are taken in it: a timestep of 499 radians is 500 in bfloat16, which is another angle altogether.
    fileprivate var hasAngles: Bool {
        nodes.contains { node in
            switch node.operation {
            case .unary(.sin), .unary(.cos): true
            default: false
            }
        }
    }
}

/// How OpenVINO is to run its programs.
package struct OpenVINOOptions: Sendable, Hashable {
    /// What sums and products are computed in, wherever the device has a faster way than float32.
    package enum Precision: String, Sendable, Hashable, CaseIterable {
        case float32 = "f32"
        case bfloat16 = "bf16"
        case float16 = "f16"

        /// As `--precision` has it.
        package var name: String {
            switch self {
            case .float32: "fp32"
            case .bfloat16: "bf16"
            case .float16: "fp16"
            }
        }

        /// How devices that have it say so; nil for what every device has.
        var capability: String? {
            switch self {
            case .float32: nil
            case .bfloat16: "BF16"
            case .float16: "FP16"
            }
        }
    }

    /// OpenVINO's name of the device: "CPU", "GPU", "GPU.1", "NPU".
    package var device: String
    /// CPU threads to compute on; nil leaves the number to OpenVINO (one for each physical core).
    package var threads: Int?
    /// Nil for the fastest that was measured on such a device.
    package var precision: Precision?
    /// Where small compiled models are kept for the next start; nil: nowhere.
    package var cacheFolder: String?

    package init(
        device: String = "CPU", threads: Int? = nil, precision: Precision? = .float32, cacheFolder: String? = nil
    ) {
        (self.device, self.threads, self.precision) = (device, threads, precision)
        self.cacheFolder = cacheFolder
    }
}
