// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]
/// Loops over pixels, tensors and the bytes of requests are unusable unoptimised, so these are optimised in debug
/// builds as well.
let optimised: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
    name: "restyled",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // What everything else stands on: strict JSON, monotonic time, small files, suggestions, checksums.
        .target(
            name: "Basics",
            dependencies: [
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: optimised),
        // The layers, as the README's table, this file and the sources have them.
        .testTarget(name: "ArchitectureTests", swiftSettings: strict),
        .testTarget(name: "BasicsTests", dependencies: ["Basics"], swiftSettings: strict),
        // The tensor-graph IR, its passes, and the engine contract.
        .target(name: "Graph", swiftSettings: optimised),
        // Slow and plain: what the other engines are checked against.
        .target(name: "ReferenceEngine", dependencies: ["Graph"], swiftSettings: optimised),
        // Where things move in a video, and what a restyled picture becomes when they do. Never sees a model or FFmpeg.
        .target(name: "Motion", swiftSettings: optimised),
        .testTarget(name: "MotionTests", dependencies: ["Motion"], swiftSettings: optimised),
        // Motion, measured: pictures in, pictures and figures out.
        .executableTarget(
            name: "restyled-motion",
            dependencies: ["Motion", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: strict),
        // What Swift's Glibc module leaves out.
        .target(name: "CLinux"),
        // Frames from end to end: the stages, their pacing, and the books of every frame.
        .target(
            name: "Pipeline",
            dependencies: [
                "Basics", "CLinux", "Diffusion", "Graph", "Media", "Settings", "Tokenizer", "TorchRandom", "Weights",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: optimised),
        // The small trained model that comes inside the program.
        .target(name: "CPocketModel", exclude: ["pocket"]),
        // From what options and configurations name to models and engines.
        .target(
            name: "ModelLoading",
            dependencies: [
                "CUDAEngine", "Diffusion", "Graph", "ONNXRuntimeEngine", "OpenVINOEngine", "CPocketModel",
                "ReferenceEngine",
                "Settings", "Weights",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ModelLoadingTests",
            dependencies: [
                "Diffusion", "Graph", "Media", "ModelLoading", "OpenVINOEngine", "Pipeline", "Settings", "TestTools",
                "Weights",
            ],
            swiftSettings: optimised),
        // OpenSSL's digests, from the distribution's -dev package.
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        // Downloads from the Hugging Face hub into its cache.
        .target(
            name: "HubDownload",
            dependencies: ["Basics", "CCrypto", "Weights"],
            swiftSettings: optimised),
        .testTarget(
            name: "HubDownloadTests",
            dependencies: [
                "HubDownload", "TestTools", "Weights", "restyled",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        // The clip of a game that comes inside the program.
        .target(name: "CDemoClip"),
        // The command line.
        .executableTarget(
            name: "restyled",
            dependencies: [
                "Basics", "CDemoClip", "CUDAEngine", "Control", "Daemon", "Diffusion", "EngineSupport", "Graph",
                "HubDownload", "Media", "ModelLoading", "ONNXRuntimeEngine", "OpenVINOEngine", "Pipeline", "Settings",
                "Web", "Weights",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: strict),
        // The whole program, as a user runs it.
        .testTarget(name: "CLITests", dependencies: ["MediaTools", "restyled"], swiftSettings: strict),
        .testTarget(
            name: "PipelineTests",
            dependencies: ["Diffusion", "EngineTools", "Media", "MediaTools", "Pipeline", "Settings", "Weights"],
            swiftSettings: strict),
        // Safetensors, diffusers folders, single-file checkpoints, LoRA and the Hugging Face cache.
        .target(name: "Weights", dependencies: ["Basics", "Graph"], swiftSettings: optimised),
        // The models as graphs: text encoders, UNet, autoencoders, scheduler.
        .target(name: "Diffusion", dependencies: ["Basics", "Graph", "Weights"], swiftSettings: strict),
        .testTarget(
            name: "DiffusionTests",
            dependencies: [
                "Diffusion", "EngineTools", "Graph", "OpenVINOEngine", "ReferenceEngine", "Tokenizer", "Weights",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "WeightsTests", dependencies: ["Basics", "Graph", "TestTools", "Weights"],
            exclude: ["make_fixtures.py", "Fixtures"],
            swiftSettings: strict),
        // FFmpeg, from the distribution's -dev packages.
        .systemLibrary(
            name: "CFFmpeg", pkgConfig: "libavformat",
            providers: [.apt(["libavformat-dev", "libavdevice-dev", "libswscale-dev"])]),
        // FFmpeg's macros that Swift does not import.
        .target(name: "CFFmpegShims", dependencies: ["CFFmpeg"]),
        // FFmpeg as safe Swift: files to frames and back.
        .target(
            name: "Media",
            dependencies: [
                "Basics", "CFFmpeg", "CFFmpegShims", .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: optimised),
        .testTarget(name: "MediaTests", dependencies: ["Media", "MediaTools"], swiftSettings: strict),
        // What the tests of engines compare with: the reference engine, and fixtures that diffusers computed.
        .target(
            name: "EngineTools", dependencies: ["Diffusion", "Graph", "ReferenceEngine", "Weights"],
            path: "Tests/EngineTools", swiftSettings: optimised),
        // What tests of several targets share: files, a client that sends what it likes.
        .target(name: "TestTools", path: "Tests/TestTools", swiftSettings: strict),
        // The ffmpeg and ffprobe programs, for tests.
        .target(name: "MediaTools", path: "Tests/MediaTools", swiftSettings: strict),
        // The engine for CPUs and Intel's GPUs; OpenVINO is opened at run time.
        .target(name: "COpenVINO", linkerSettings: [.linkedLibrary("dl")]),
        .target(
            name: "OpenVINOEngine", dependencies: ["COpenVINO", "EngineSupport", "Graph"], swiftSettings: optimised),
        // The engine for any GPU; ONNX Runtime is opened at run time.
        .target(name: "CONNXRuntime", linkerSettings: [.linkedLibrary("dl")]),
        // Which GPUs a Vulkan driver reaches.
        .target(name: "CVulkan", linkerSettings: [.linkedLibrary("dl")]),
        .target(
            name: "ONNXRuntimeEngine", dependencies: ["CONNXRuntime", "CVulkan", "EngineSupport", "Graph"],
            swiftSettings: optimised),
        .testTarget(
            name: "ONNXRuntimeEngineTests",
            dependencies: ["EngineSupport", "EngineTools", "Graph", "ONNXRuntimeEngine"],
            swiftSettings: strict),
        // Where engines look for their libraries, and memory that they give back at once.
        .target(name: "EngineSupport", dependencies: ["Graph"], swiftSettings: strict),
        // The engine for NVIDIA's GPUs; the driver and NVRTC are opened at run time.
        .target(name: "CCUDA", linkerSettings: [.linkedLibrary("dl")]),
        // Its kernels, as sources.
        .target(name: "CUDAKernels", exclude: ["kernels"]),
        .target(
            name: "CUDAEngine", dependencies: ["Basics", "CCUDA", "CUDAKernels", "EngineSupport", "Graph"],
            swiftSettings: optimised),
        // Frames timed on a machine that has a GPU and little else.
        .executableTarget(
            name: "restyled-bench",
            dependencies: [
                "CUDAEngine", "Diffusion", "Graph", "Weights",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CUDAEngineTests",
            dependencies: [
                "CUDAEngine", "Diffusion", "EngineTools", "Graph", "TestTools", "Weights", "restyled-bench",
            ],
            exclude: ["Emulation"], swiftSettings: optimised),
        .testTarget(
            name: "OpenVINOEngineTests", dependencies: ["EngineTools", "Graph", "OpenVINOEngine", "ReferenceEngine"],
            swiftSettings: strict),
        // CLIP's byte-level BPE.
        .target(
            name: "Tokenizer",
            dependencies: ["Basics", "Weights", .product(name: "HeapModule", package: "swift-collections")],
            swiftSettings: optimised),
        .testTarget(
            name: "TokenizerTests", dependencies: ["Basics", "Tokenizer", "Weights"],
            exclude: ["make_fixtures.py", "fetch_vocabulary.py", "Fixtures"], swiftSettings: strict),
        // The readers of strangers' files, fed with anything.
        .testTarget(
            name: "FuzzTests", dependencies: ["Graph", "Tokenizer", "Weights"],
            exclude: ["Corpus", "Fuzzer", "make_corpus.py", "run"], swiftSettings: strict),
        // The random numbers of torch's CPU generator.
        .target(name: "TorchRandom", swiftSettings: optimised),
        .testTarget(
            name: "TorchRandomTests", dependencies: ["TorchRandom", "Weights"],
            exclude: ["make_fixtures.py", "Fixtures"], swiftSettings: strict),
        .testTarget(name: "GraphTests", dependencies: ["Graph", "ReferenceEngine"], swiftSettings: strict),
        .testTarget(name: "ReferenceEngineTests", dependencies: ["Graph", "ReferenceEngine"], swiftSettings: strict),
        // One schema behind the options, the YAML files, JSON-RPC and the manual; settings as versioned values.
        .target(
            name: "Settings",
            dependencies: ["Basics", .product(name: "OrderedCollections", package: "swift-collections"), "Yams"],
            swiftSettings: optimised),
        .testTarget(name: "SettingsTests", dependencies: ["Basics", "Settings"], swiftSettings: strict),
        // JSON-RPC over a Unix socket: wire types, server, client.
        .target(
            name: "Control",
            dependencies: [
                "Basics", "Settings",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: optimised),
        .testTarget(
            name: "ControlTests",
            dependencies: [
                "Basics", "Control", "TestTools", "restyled",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: strict),
        // The page's files, as bytes.
        .target(name: "CWebPage", exclude: ["page"]),
        // The page: HTTP and WebSocket, the same JSON-RPC, and pictures that somebody else makes.
        .target(
            name: "Web",
            dependencies: [
                "Basics", "CWebPage", "Control", "Settings",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: optimised),
        .testTarget(
            name: "WebTests",
            dependencies: [
                "Basics", "Control", "Settings", "TestTools", "Web", "restyled",
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["Browser"],
            swiftSettings: strict),
        // The daemon: its streams, and what surrounds them: logging, metrics, systemd.
        .target(
            name: "Daemon",
            dependencies: [
                "Basics", "Control", "Diffusion", "Graph", "Media", "ModelLoading", "Pipeline", "Settings", "Web",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .testTarget(name: "DaemonTests", dependencies: ["Daemon", "Graph"], swiftSettings: strict),
        // restyled serve from outside: the real process, its files and its faults.
        .testTarget(
            name: "ServeTests",
            dependencies: [
                "Basics", "Control", "Daemon", "Media", "OpenVINOEngine", "Settings", "TestTools", "restyled",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: strict),
    ]
)
