/// A file of a model on the hub.
struct HubFile: Sendable, Hashable {
    /// "unet/config.json"
    let path: String
    let byteCount: Int
    /// What names the content in the cache: the SHA-256 of large files, else git's name of the blob.
    let etag: String
    /// Lower-case hexadecimal; nil for small files, of which the hub tells none.
    let sha256: String?
}
