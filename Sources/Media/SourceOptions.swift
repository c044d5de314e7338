/// How an input is opened and how much of it is read.
public struct SourceOptions: Sendable {
    /// FFmpeg's name of a demuxer, to overrule probing; needed for raw video.
    public var format: String?
    /// Further options of the demuxer, such as `video_size`, `pixel_format` and `framerate` of raw video.
    public var formatOptions: [(String, String)] = []
    /// Where to begin: the first frame at or after it. Timestamps count from there.
    public var start: Rational?
    /// How much to read from there.
    public var duration: Rational?
    /// Whether packets of audio and subtitle streams come as well.
    public var passesStreams = true
    /// 0 is as many as FFmpeg likes.
    public var decoderThreads = 0
    public var policy = InputPolicy()

    public init() {}
}
