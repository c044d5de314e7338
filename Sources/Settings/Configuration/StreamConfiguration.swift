/// One stream of a configuration.
package struct StreamConfiguration: Sendable, Hashable {
    package enum Origin: Sendable, Hashable {
        /// A file, FIFO, `pipe:` or address, as after `-i`.
        case input(String)
        /// A program with its arguments that writes the capture to its stdout.
        case command([String])
    }

    /// Letters, digits, `-`, `_` and `.`; it becomes a file name in the state directory.
    package var name: String
    package var origin: Origin
    /// FFmpeg's name of a demuxer.
    package var inputFormat: String?
    /// Options of the demuxer, in FFmpeg's names, sorted.
    package var inputOptions: [Option] = []
    package var loops = false
    package var stallTimeout = Duration.seconds(10)
    package var outputs: [OutputConfiguration]
    /// A folder as diffusers saves it, a checkpoint, a name in the Hugging Face cache, or pocket.
    package var model: String
    /// Parts that take the place of the model's own.
    package var vae: String?
    package var unet: String?
    package var scheduler: String?
    package var tokenizer: String?
    /// `FILE` or `FILE:SCALE`, merged in this order.
    package var loras: [String] = []
    /// `FILE` or `FILE:TOKEN`: textual inversions, words for prompts.
    package var embeddings: [String] = []
    package var predictionType: String?
    /// What the model works at; nil for as large as it was made for.
    package var size: Size?
    package var engine = EngineName.auto
    /// The engine's own names of devices, "CPU", "GPU.1", "0", which share the frames; none for its first.
    package var devices: [String] = []
    package var precision = Precision.auto
    package var threads: Int?
    /// A picture's file: white restyles, black keeps the source.
    package var mask: String?
    /// A timeline's file.
    package var script: String?
    package var startsByItself = true
    package var settings = StreamSettings()

    package init(name: String, origin: Origin, outputs: [OutputConfiguration], model: String) {
        (self.name, self.origin, self.outputs, self.model) = (name, origin, outputs, model)
    }

    /// An option by FFmpeg's name.
    package struct Option: Sendable, Hashable {
        package let name: String
        package let value: String

        package init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    /// Pixels.
    package struct Size: Sendable, Hashable {
        package let width: Int
        package let height: Int

        /// Reads `512x288`, or `720p`, which is 16:9 with the width in multiples of 8; nil for anything else and for sides
        /// beyond 16384.
        package init?(parsing text: String) {
            if text.last == "p", let height = Int(text.dropLast()), (16...9216).contains(height) {
                (width, self.height) = ((height * 16 + 36) / 72 * 8, height)
                return
            }
            let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
            guard sides.count == 2, let width = sides[0], let height = sides[1],
                (1...16384).contains(width), (1...16384).contains(height)
            else { return nil }
            (self.width, self.height) = (width, height)
        }
    }
}

/// One output of a stream.
package struct OutputConfiguration: Sendable, Hashable {
    /// In `stats` and the metrics; the address if not given.
    package var name: String
    /// A file, FIFO, device or URL, as after `-o`.
    package var address: String
    /// FFmpeg's names of a muxer, an encoder and a pixel format.
    package var format: String?
    package var codec: String?
    package var pixelFormat: String?
    package var encoderOptions: [StreamConfiguration.Option] = []
    /// The source's size if not given.
    package var size: StreamConfiguration.Size?
    /// A new file is begun after this long.
    package var segment: Duration?
    package var overwrites = false

    package init(address: String) { (name, self.address) = (address, address) }
}

/// What computes.
package enum EngineName: String, Sendable, Hashable, CaseIterable {
    /// The fastest engine there is on this machine, of those that were measured.
    case auto
    case openvino
    /// Any GPU with a Vulkan driver, through WebGPU; not yet measured on a card.
    case onnxruntime
    /// NVIDIA's GPUs. Written and checked without a GPU, not yet measured.
    case cuda
    /// Slow, for checking.
    case reference
}

/// What sums are computed in, and what weights take in memory.
package enum Precision: String, Sendable, Hashable, CaseIterable {
    /// The fastest that was measured on such a device and stays within 35 dB of fp32.
    case auto
    case fp32, bf16, fp16
    /// Computed in fp32, from matrices kept as int8: a quarter of their memory.
    case int8Weights = "int8-weights"
}
