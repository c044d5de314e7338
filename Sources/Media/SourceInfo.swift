import CFFmpeg

/// What an input holds, as far as its header tells.
public struct SourceInfo: Sendable {
    /// FFmpeg's names: `mov,mp4,m4a,3gp,3g2,mj2`, `h264`, `yuv420p`.
    public var format = ""
    public var codec = ""
    public var pixelFormat = ""
    /// Pixels of an upright picture.
    public var width = 0
    public var height = 0
    /// A pixel's width over its height, upright.
    public var sampleAspectRatio = Rational.one
    /// Of every pts and duration of a frame.
    public var timeBase = Rational(1, 1000)
    /// The average or nominal rate; `nil` where nothing tells.
    public var frameRate: Rational?
    /// Seconds that will be read; `nil` where nothing tells, as in a pipe.
    public var duration: Rational?
    /// Frames that will be read, where it can be told; a guess from duration and rate in most containers.
    public var frameCount: Int64?
    /// One picture, not a film.
    public var isStill = false
    /// Audio, subtitles and attachments whose packets come with the frames.
    public var streams: [StreamTemplate] = []
    public var chapters: [Chapter] = []
    public var metadata: [(key: String, value: String)] = []
    /// Things of the input that are left aside, each a sentence: data streams, cover pictures, further video streams.
    public var notes: [String] = []
    /// Square pixels across of an upright picture as it is shown.
    public var displayWidth: Int { max(1, Int((Double(width) * sampleAspectRatio.seconds).rounded())) }
    /// "bt709, limited".
    public var colorText: String { color.text }

    var color = ColorDescription()
    /// The stored path, to refuse an output that is the input.
    var path: String?
}
