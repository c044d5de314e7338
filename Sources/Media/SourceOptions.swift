/// How an input is opened and how much of it is read.
package struct SourceOptions: Sendable {
    /// FFmpeg's name of a demuxer, to overrule probing; needed for raw video.
    package var format: String?
    /// Further options of the demuxer, such as `video_size`, `pixel_format` and `framerate` of raw video.
    package var formatOptions: [(String, String)] = []
    /// Where to begin: the first frame at or after it. Timestamps count from there.
    package var start: Rational?
    /// How much to read from there.
    package var duration: Rational?
    /// Whether packets of audio and subtitle streams come as well.
    package var passesStreams = true
    /// 0 is as many as FFmpeg likes.
    package var decoderThreads = 0
    package var policy = InputPolicy()

    package init() {}
}
