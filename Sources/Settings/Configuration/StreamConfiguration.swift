/// One stream of a configuration.
public struct StreamConfiguration: Sendable, Hashable {
    public enum Origin: Sendable, Hashable {
        /// A file, FIFO, `pipe:` or address, as after `-i`.
        case input(String)
        /// A program with its arguments that writes the capture to its stdout.
        case command([String])
    }

    /// Letters, digits, `-`, `_` and `.`; it becomes a file name in the state directory.
    public var name: String
    public var origin: Origin
    /// FFmpeg's name of a demuxer.
    public var inputFormat: String?
    /// Options of the demuxer, in FFmpeg's names, sorted.
    public var inputOptions: [Option] = []
    public var loops = false
    public var stallTimeout = Duration.seconds(10)
    public var outputs: [OutputConfiguration]
    /// A folder as diffusers saves it, a checkpoint, a name in the Hugging Face cache, or pocket.
    public var model: String
    /// Parts that take the place of the model's own.
    public var vae: String?
    public var unet: String?
    public var scheduler: String?
    public var tokenizer: String?
    /// `FILE` or `FILE:SCALE`, merged in this order.
    public var loras: [String] = []
    public var predictionType: String?
    /// What the model works at; nil for as large as it was made for.
    public var size: Size?
    public var engine = EngineName.auto
    public var precision = Precision.fp32
    public var threads: Int?
    /// A picture's file: white restyles, black keeps the source.
    public var mask: String?
    /// A timeline's file.
    public var script: String?
    public var startsByItself = true
    public var settings = StreamSettings()

    public init(name: String, origin: Origin, outputs: [OutputConfiguration], model: String) {
        (self.name, self.origin, self.outputs, self.model) = (name, origin, outputs, model)
    }

    /// An option by FFmpeg's name.
    public struct Option: Sendable, Hashable {
        public let name: String
        public let value: String

        public init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    /// Pixels.
    public struct Size: Sendable, Hashable {
        public let width: Int
        public let height: Int

        /// Reads `512x288`; nil for anything else and for sides beyond 16384.
        public init?(parsing text: String) {
            let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
            guard sides.count == 2, let width = sides[0], let height = sides[1],
                (1...16384).contains(width), (1...16384).contains(height)
            else { return nil }
            (self.width, self.height) = (width, height)
        }
    }
}
