/// An engine's libraries as `restyled setup` installs them: Python wheels, which are zip archives. The one place where their versions are pinned: newer is not always compatible, and the engines are
/// tested with these.
package enum EnginePackage: String, CaseIterable, Sendable {
    case openvino, cuda, webgpu

    /// A wheel of the Python package index, where a file never changes.
    package struct Wheel: Sendable {
        package let name: String
        package let byteCount: Int
        /// Lower-case hexadecimal.
        package let sha256: String
    }

    /// What pip calls it.
    package var requirement: String {
        switch self {
        case .openvino: "openvino==\(version)"
        case .cuda: "nvidia-cuda-nvrtc==\(version)"
        case .webgpu: "onnxruntime-webgpu==\(version)"
        }
    }

    package var product: String {
        switch self {
        case .openvino: "OpenVINO"
        case .cuda: "NVRTC, CUDA's compiler"
        case .webgpu: "ONNX Runtime with WebGPU"
        }
    }

    package var version: String {
        switch self {
        case .openvino: "2026.4.1"
        case .cuda: "13.5.37"
        case .webgpu: "1.27.0"
        }
    }

    /// What it is for, to end "installs … for" with.
    package var purpose: String {
        switch self {
        case .openvino: "any 64-bit processor, and Intel's GPUs and NPUs"
        case .cuda: "NVIDIA's GPUs; the driver is the system's own"
        case .webgpu: "any GPU that has a Vulkan driver"
        }
    }

    /// The folder that pip would leave beside it, by which a version is recognised.
    package var metadataFolder: String {
        switch self {
        case .openvino: "openvino-\(version).dist-info"
        case .cuda: "nvidia_cuda_nvrtc-\(version).dist-info"
        case .webgpu: "onnxruntime_webgpu-\(version).dist-info"
        }
    }

    /// What installs it, for every sentence that misses it.
    package var installCommand: String { "restyled setup \(rawValue)" }

    /// Nil where there is none for this processor.
    package var wheel: Wheel? {
        #if arch(x86_64)
            switch self {
            case .openvino:
                Wheel(
                    name: "openvino-2026.4.1-22982-cp311-cp311-manylinux_2_28_x86_64.whl", byteCount: 59_130_756,
                    sha256: "2d22b1da03f7caf74df30e9f6417d0ab2f637e4a38e08e1dcd294d2c37407aaf")
            case .cuda:
                Wheel(
                    name: "nvidia_cuda_nvrtc-13.5.37-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
                    byteCount: 58_185_930,
                    sha256: "86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc")
            case .webgpu:
                Wheel(
                    name: "onnxruntime_webgpu-1.27.0-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
                    byteCount: 25_149_948,
                    sha256: "142eb8bdb803c58117bf64164d201f43180bc87229cac14b590aa4ea79e0f70b")
            }
        #elseif arch(arm64)
            switch self {
            case .openvino:
                Wheel(
                    name: "openvino-2026.4.1-22982-cp311-cp311-manylinux_2_35_aarch64.whl", byteCount: 30_348_540,
                    sha256: "bea1eb3733c34ef331adc945da0ccda5937865031139073663be84c517ffda22")
            case .cuda:
                Wheel(
                    name: "nvidia_cuda_nvrtc-13.5.37-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
                    byteCount: 56_419_462,
                    sha256: "36e4fa2a8ada293f5693d308e531c196ab6f91cf7a0ff479bf96a537d43a6096")
            case .webgpu: nil
            }
        #else
            nil
        #endif
    }
}
