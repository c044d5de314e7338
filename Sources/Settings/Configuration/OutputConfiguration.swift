/// One output of a stream.
public struct OutputConfiguration: Sendable, Hashable {
    /// In `stats` and the metrics; the address if not given.
    public var name: String
    /// A file, FIFO, device or URL, as after `-o`.
    public var address: String
    /// FFmpeg's names of a muxer, an encoder and a pixel format.
    public var format: String?
    public var codec: String?
    public var pixelFormat: String?
    public var encoderOptions: [StreamConfiguration.Option] = []
    /// The source's size if not given.
    public var size: StreamConfiguration.Size?
    /// A new file is begun after this long.
    public var segment: Duration?
    public var overwrites = false

    public init(address: String) { (name, self.address) = (address, address) }
}
