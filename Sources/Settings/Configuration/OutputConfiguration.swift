/// One output of a stream.
package struct OutputConfiguration: Sendable, Hashable {
    /// In `stats` and the metrics; the address if not given.
    package var name: String
    /// A file, FIFO, device or URL, as after `-o`.
    package var address: String
    /// FFmpeg's names of a muxer, an encoder and a pixel format.
    package var format: String?
    package var codec: String?
    package var pixelFormat: String?
    package var encoderOptions: [StreamConfiguration.Option] = []
    /// The source's size if not given.
    package var size: StreamConfiguration.Size?
    /// A new file is begun after this long.
    package var segment: Duration?
    package var overwrites = false

    package init(address: String) { (name, self.address) = (address, address) }
}
