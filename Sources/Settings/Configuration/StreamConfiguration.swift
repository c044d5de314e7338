/// One stream of a configuration.
package struct StreamConfiguration: Sendable, Hashable {
    /// Letters, digits, `-`, `_` and `.`; it becomes a file name in the state directory.
    package var name: String
    package var input: InputConfiguration
    package var outputs: [OutputConfiguration]
    package var model: ModelChoice
    /// What the model works at; nil for as large as it was made for.
    package var size: PixelSize?
    package var engine = EngineChoice()
    /// A picture's file: white restyles, black keeps the source.
    package var mask: String?
    /// A timeline's file.
    package var script: String?
    package var startsByItself = true
    package var settings = StreamSettings()

    package init(name: String, input: InputConfiguration, outputs: [OutputConfiguration], model: ModelChoice) {
        (self.name, self.input, self.outputs, self.model) = (name, input, outputs, model)
    }
}

/// An option of a demuxer or an encoder, by FFmpeg's name.
package struct FormatOption: Sendable, Hashable {
    package let name: String
    package let value: String

    package init(name: String, value: String) { (self.name, self.value) = (name, value) }
}

/// Where frames come from, and how that is read: for `run`, `serve` and the YAML file.
package struct InputConfiguration: Sendable, Hashable {
    package enum Origin: Sendable, Hashable {
        /// A file, a FIFO, a device, `-`, `pipe:0` or an address, as after `-i`.
        case input(String)
        /// A program with its arguments, which writes the capture to its standard output. It is started, watched and
        /// started again.
        case command([String])
    }

    package var origin: Origin
    /// FFmpeg's name of a demuxer, to overrule probing; needed for raw video.
    package var format: String?
    /// Options of the demuxer, sorted by name where they come from a file.
    package var options: [FormatOption] = []
    /// A file begins again when it ends; live only.
    package var loops = false
    /// A source that is silent for this long is opened again; live only.
    package var stallTimeout = Duration.seconds(10)

    package init(_ origin: Origin) { self.origin = origin }

    package var description: String {
        switch origin {
        case .input(let input): input
        case .command(let words): words.joined(separator: " ")
        }
    }
}

/// Where pictures go, and how they are written: for `run`, `serve` and the YAML file.
package struct OutputConfiguration: Sendable, Hashable {
    /// In `stats` and the metrics; the address if not given.
    package var name: String
    /// A file, FIFO, device or URL, as after `-o`.
    package var address: String
    /// FFmpeg's names of a muxer, an encoder and a pixel format.
    package var format: String?
    package var codec: String?
    package var pixelFormat: String?
    package var encoderOptions: [FormatOption] = []
    /// The source's size if not given.
    package var size: PixelSize?
    /// A new file is begun after this long; live only.
    package var segment: Duration?
    package var overwrites = false

    package init(address: String) { (name, self.address) = (address, address) }
}

/// Width and height.
package struct PixelSize: Sendable, Hashable, CustomStringConvertible {
    /// The longest side of what is decoded or encoded.
    package static let maximumSide = 16384

    package let width: Int
    package let height: Int

    /// Reads `512x288`, or `720p`, which is 16:9 with the width in multiples of 8; nil for anything else.
    package init?(parsing text: String) {
        if text.last == "p", let height = Int(text.dropLast()), (16...9216).contains(height) {
            (width, self.height) = ((height * 16 + 36) / 72 * 8, height)
            return
        }
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count == 2, let width = sides[0], let height = sides[1],
            (1...65_536).contains(width), (1...65_536).contains(height)
        else { return nil }
        (self.width, self.height) = (width, height)
    }

    package var isWithinLimit: Bool { max(width, height) <= Self.maximumSide }
    package var description: String { "\(width)x\(height)" }
}
