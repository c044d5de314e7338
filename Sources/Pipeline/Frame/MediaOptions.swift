import Basics
package import Media
package import Settings

/// What users write about an input or an output, as FFmpeg's side takes it: the same for a file and a live stream.
extension SourceOptions {
    package init(_ input: InputConfiguration) {
        self.init()
        format = input.format
        formatOptions = input.options.map { ($0.name, $0.value) }
    }
}

extension SinkOptions {
    package init(_ output: OutputConfiguration) {
        self.init()
        (format, codec, pixelFormat) = (output.format, output.codec, output.pixelFormat)
        encoderOptions = output.encoderOptions.map { ($0.name, $0.value) }
        (width, height) = (output.size?.width, output.size?.height)
        overwrites = output.overwrites
    }
}

extension Rational {
    /// Nil keeps the source's own.
    package init?(_ rate: FrameRate) {
        guard case .constant(let numerator, let denominator) = rate else { return nil }
        self.init(Int64(numerator), Int64(denominator))
    }
}

extension Configuration {
    /// Says what can be said of inputs and outputs before anything is opened: a name that FFmpeg does not know will not
    /// be known later either.
    package func check() throws {
        for stream in streams {
            try LiveInput.check(stream.input)
            for output in stream.outputs { try LiveOutput.check(output) }
        }
    }
}
