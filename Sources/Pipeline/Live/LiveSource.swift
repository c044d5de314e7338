import Media

/// Where a live stream's frames come from.
package struct LiveSource: Sendable {
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
    /// Options of the demuxer, by FFmpeg's names.
    package var formatOptions: [(String, String)] = []
    /// A file begins anew when it ends.
    package var loops = false
    /// Sound and subtitles come along.
    package var passesStreams = true
    /// A command that writes no frame for this long is started anew; s.
    package var stallTimeout = 10.0
    package var patience = StreamMachine.Patience()

    /// What comes through a pipe without a packet in it for this long is given up, and its next writer waited for; s.
    private static let packetTimeout = 5.0

    package init(_ origin: Origin) { self.origin = origin }

    var description: String {
        switch origin {
        case .input(let input): input
        case .command(let words): words.joined(separator: " ")
        }
    }

    /// - Throws: `MediaError` for names that FFmpeg does not know.
    package func check() throws {
        switch origin {
        case .input(let address): try VideoSource.check(address, options(timeout: nil))
        case .command: try VideoSource.check("pipe:0", options(timeout: nil))
        }
    }

    func options(timeout: Double?) -> SourceOptions {
        var options = SourceOptions()
        options.format = format
        options.formatOptions = formatOptions
        options.passesStreams = passesStreams
        // Threads of the decoder would each hold a frame back.
        options.decoderThreads = 1
        options.policy.analyzeDuration = 0.5
        options.policy.timeout = timeout
        options.policy.packetTimeout = Self.packetTimeout
        return options
    }
}
