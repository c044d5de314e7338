/// How an output is made.
public struct SinkOptions: Sendable {
    /// FFmpeg's name of a muxer; needed for pipes, guessed from the name of a file.
    public var format: String?
    /// FFmpeg's name of an encoder; the container's usual one if not given (libx264 in mp4, mov and mkv).
    public var codec: String?
    /// Options of the encoder, by FFmpeg's names: `("crf", "20")`.
    public var encoderOptions: [(String, String)] = []
    /// FFmpeg's name of a pixel format.
    public var pixelFormat: String?
    /// Pixels of the output; the input's if not given.
    public var width: Int?
    public var height: Int?
    /// Ticks of the timestamps given to `write`; the input's if not given.
    public var timeBase: Rational?
    /// The constant rate of what is written, if it has one; the input's nominal one if not given.
    public var frameRate: Rational?
    public var overwrites = false
    /// Every picture leaves the encoder at once: no lookahead, no reordering, no frame threads.
    public var lowLatency = false
    /// Whether streams, chapters and metadata of the input are carried on.
    public var copiesStreams = true
    /// Seconds to wait for the other end of a pipe or connection; `nil` waits for ever.
    public var timeout: Double? = 30
    public var protocols = InputPolicy().protocols

    public init() {}
}
