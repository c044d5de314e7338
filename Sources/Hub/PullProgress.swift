/// How far a download is.
package struct PullProgress: Sendable {
    /// The file that is being downloaded.
    package let path: String
    /// Of all files, what was there before included.
    package let byteCount: Int
    package let totalByteCount: Int
}
