/// How an output is made.
package struct SinkOptions: Sendable {
    /// FFmpeg's name of a muxer; needed for pipes, guessed from the name of a file.
    package var format: String?
    /// FFmpeg's name of an encoder; the container's usual one if not given (libx264 in mp4, mov and mkv).
    package var codec: String?
    /// Options of the encoder, by FFmpeg's names: `("crf", "20")`.
    package var encoderOptions: [(String, String)] = []
    /// FFmpeg's name of a pixel format.
    package var pixelFormat: String?
    /// Pixels of the output; the input's if not given.
    package var width: Int?
    package var height: Int?
    /// Ticks of the timestamps given to `write`; the input's if not given.
    package var timeBase: Rational?
    /// The constant rate of what is written, if it has one; the input's nominal one if not given.
    package var frameRate: Rational?
    package var overwrites = false
    /// Every picture leaves the encoder at once: no lookahead, no reordering, no frame threads.
    package var lowLatency = false
    /// Whether streams, chapters and metadata of the input are carried on.
    package var copiesStreams = true
    /// Seconds to wait for the other end of a pipe or connection; `nil` waits for ever.
    package var timeout: Double? = 30
    package var protocols = InputPolicy().protocols

    package init() {}
}
