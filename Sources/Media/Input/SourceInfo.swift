import CFFmpeg

/// What an input holds, as far as its header tells.
package struct SourceInfo: Sendable {
    /// FFmpeg's names: `mov,mp4,m4a,3gp,3g2,mj2`, `h264`, `yuv420p`.
    package var format = ""
    package var codec = ""
    package var pixelFormat = ""
    /// Pixels of an upright picture.
    package var width = 0
    package var height = 0
    /// A pixel's width over its height, upright.
    package var sampleAspectRatio = Rational.one
    /// Of every pts and duration of a frame.
    package var timeBase = Rational(1, 1000)
    /// The average or nominal rate; `nil` where nothing tells.
    package var frameRate: Rational?
    /// Seconds that will be read; `nil` where nothing tells, as in a pipe.
    package var duration: Rational?
    /// Frames that will be read, where that is known; a guess from duration and rate in most containers.
    package var frameCount: Int64?
    /// One picture, not a film.
    package var isStill = false
    /// Audio, subtitles and attachments whose packets come with the frames.
    package var streams: [StreamTemplate] = []
    package var chapters: [Chapter] = []
    package var metadata: [(key: String, value: String)] = []
    /// Things of the input that are left aside, each a sentence: data streams, cover pictures, further video streams.
    package var notes: [String] = []
    /// Square pixels across of an upright picture as it is shown.
    package var displayWidth: Int { max(1, Int((Double(width) * sampleAspectRatio.seconds).rounded())) }

    var color = ColorDescription()
    /// The stored path, to refuse an output that is the input.
    var path: String?
}

/// A named stretch of the input, in seconds from the start of what is read.
package struct Chapter: Sendable, Hashable {
    package var start: Rational
    package var end: Rational
    package var title: String
}
