import Media

/// Where a live stream's pictures go.
package struct LiveTarget: Sendable {
    /// Its name in `stats` and the metrics.
    package var name: String
    /// A file, a FIFO, a device, `-`, `pipe:1` or an address, as after `-o`.
    package var address: String
    /// FFmpeg's names of muxer and encoder.
    package var format: String?
    package var codec: String?
    package var encoderOptions: [(String, String)] = []
    package var pixelFormat: String?
    /// Pixels; the source's if not given.
    package var width: Int?
    package var height: Int?
    /// A new file is begun after this long; s.
    package var segmentSeconds: Double?
    /// A file that is there already may be overwritten, once, at the start.
    package var overwrites = false
    /// Pictures that wait at most for an output that is slow.
    package var queueCapacity = 30
    /// Added to every timestamp; s.
    package var timestampOffset = 0.0

    package init(_ address: String) { (name, self.address) = (address, address) }

    /// What is written has one time line for all connections, in these ticks.
    static let timeBase = Rational(1, 90_000)

    /// - Throws: `MediaError` for names that FFmpeg does not know, and for what holds no video.
    package func check() throws { try VideoSink.check(address, options(rate: Rational(30), timeout: nil)) }

    func options(rate: Rational, timeout: Double?) -> SinkOptions {
        var options = SinkOptions()
        options.format = format
        options.codec = codec
        options.pixelFormat = pixelFormat
        (options.width, options.height) = (width, height)
        options.encoderOptions = encoderOptions
        options.lowLatency = true
        options.timeBase = LiveTarget.timeBase
        options.frameRate = rate
        options.timeout = timeout
        return options
    }
}
