/// How far a download is.
public struct PullProgress: Sendable {
    /// The file that is being downloaded.
    public let path: String
    /// Of all files, what was there before included.
    public let byteCount: Int
    public let totalByteCount: Int
}
