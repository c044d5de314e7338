import Basics
import Pipeline
package import Settings

extension Configuration {
    /// Tells what can be told of inputs and outputs before anything is opened: a name that FFmpeg does not know will
    /// not be known later either.
    package func check() throws {
        for stream in streams {
            try LiveSource(stream).check()
            for output in stream.outputs { try LiveTarget(output).check() }
        }
    }
}

extension LiveSource {
    init(_ configuration: StreamConfiguration) {
        switch configuration.origin {
        case .input(let address): self.init(.input(address))
        case .command(let words): self.init(.command(words))
        }
        format = configuration.inputFormat
        formatOptions = configuration.inputOptions.map { ($0.name, $0.value) }
        loops = configuration.loops
        stallTimeout = configuration.stallTimeout
    }
}

extension LiveTarget {
    init(_ configuration: OutputConfiguration) {
        self.init(configuration.address)
        name = configuration.name
        (format, codec, pixelFormat) = (configuration.format, configuration.codec, configuration.pixelFormat)
        encoderOptions = configuration.encoderOptions.map { ($0.name, $0.value) }
        (width, height) = (configuration.size?.width, configuration.size?.height)
        segment = configuration.segment
        overwrites = configuration.overwrites
    }
}
