/// An engine's libraries as `restyled setup` installs them: Python wheels, which are zip archives, taken from PyPI
/// without Python. The one place where their versions are pinned: newer is not always compatible, and the engines are
/// tested with these.
package enum EnginePackage: String, CaseIterable, Sendable {
    case openvino, cuda, webgpu

    /// A wheel on PyPI's file server, where a file never changes.
    package struct Wheel: Sendable {
        package let name: String
        package let byteCount: Int
        /// Lower-case hexadecimal.
        package let sha256: String
        /// The folder on the server: BLAKE2's first digits, as PyPI has it.
        let folder: String

        package var address: String { "https://files.pythonhosted.org/packages/\(folder)/\(name)" }
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
                    sha256: "2d22b1da03f7caf74df30e9f6417d0ab2f637e4a38e08e1dcd294d2c37407aaf",
                    folder: "dc/12/dcfe1316704aa47767352001b7351df90b71592bc1ee76a9852bf9850219")
            case .cuda:
                Wheel(
                    name: "nvidia_cuda_nvrtc-13.5.37-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
                    byteCount: 58_185_930,
                    sha256: "86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc",
                    folder: "a9/54/db4e7f650746265f61c05cf1f8f556dd8c6739b58c823fbc9a7d6fda3247")
            case .webgpu:
                Wheel(
                    name: "onnxruntime_webgpu-1.27.0-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
                    byteCount: 25_149_948,
                    sha256: "142eb8bdb803c58117bf64164d201f43180bc87229cac14b590aa4ea79e0f70b",
                    folder: "ad/ad/06acbf27460bcb2fa51e08239323d58f3d1b9ddd89f22d6d01a2f785b0f4")
            }
        #elseif arch(arm64)
            switch self {
            case .openvino:
                Wheel(
                    name: "openvino-2026.4.1-22982-cp311-cp311-manylinux_2_35_aarch64.whl", byteCount: 30_348_540,
                    sha256: "bea1eb3733c34ef331adc945da0ccda5937865031139073663be84c517ffda22",
                    folder: "1b/82/704955b0134d2be51dd8d476dc60c55c08107d5a404b1a90bd3d8b7227a5")
            case .cuda:
                Wheel(
                    name: "nvidia_cuda_nvrtc-13.5.37-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
                    byteCount: 56_419_462,
                    sha256: "36e4fa2a8ada293f5693d308e531c196ab6f91cf7a0ff479bf96a537d43a6096",
                    folder: "4e/9f/e8321dfd9dcd923c864213fed3da815da474800ead891a99b6322bdd2039")
            case .webgpu: nil
            }
        #else
            nil
        #endif
    }
}
