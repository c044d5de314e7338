import Foundation

/// Where OpenVINO keeps compiled models, keyed by itself with the weights, the graph, the device and its own version. A
/// damaged entry is noticed and made again.
///
/// OpenVINO never takes one away; this does, the least recently used first.
struct CompiledModelCache: Sendable {
    /// Bytes that entries may take together.
    static let capacity = 1 << 30
    /// Bytes of constants up to which a model is kept. Above, reading the weights is what a start takes: a piece of
    /// 480 MB compiles in 0.34 s and comes out of the cache in 0.25 s, for as much disk again.
    static let largestModel = 32 << 20

    let path: String
    private var folder: URL { URL(fileURLWithPath: path, isDirectory: true) }

    /// - Returns: nil where the folder cannot be made: a start without a cache is only slower.
    init?(_ path: String) {
        self.path = path
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: attributes)
        } catch {
            return nil
        }
    }

    /// Whether a model of so many bytes of constants is kept.
    ///
    /// Only float32: where models that it computes in bfloat16 go through its cache, OpenVINO 2026.4.1 gives grey pictures.
    func takes(_ byteCount: Int, _ precision: OpenVINOOptions.Precision) -> Bool {
        byteCount <= Self.largestModel && precision == .float32
    }

    /// Takes away the least recently used entries beyond the capacity.
    func prune(to capacity: Int = Self.capacity) {
        let keys: Set<URLResourceKey> = [.fileSizeKey, .contentAccessDateKey]
        let files =
            (try? FileManager.default.contentsOfDirectory(
                at: folder, includingPropertiesForKeys: Array(keys), options: .skipsHiddenFiles)) ?? []
        let entries = files.compactMap { url in
            (try? url.resourceValues(forKeys: keys)).map {
                (url: url, size: $0.fileSize ?? 0, used: $0.contentAccessDate ?? .distantPast)
            }
        }
        var kept = 0
        for (url, size, _) in entries.sorted(by: { $0.used > $1.used }) {
            kept += size
            // Another process may have been faster.
            if kept > capacity { try? FileManager.default.removeItem(at: url) }
        }
    }
}
