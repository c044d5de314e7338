import Foundation
import Weights

/// Compiled kernels on disk, named by all that went into them. An entry begins with the checksum of the rest, so that a
/// damaged one is noticed and made anew.
struct KernelCache {
    private let folder: URL

    /// - Returns: nil where the folder cannot be made: a start without a cache is only slower.
    init?(_ path: String) {
        folder = URL(fileURLWithPath: path, isDirectory: true)
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: attributes)
        } catch {
            return nil
        }
    }

    /// The entries' file names.
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path) }

    /// The module's entry, or what `compile` makes of it.
    func cubin(
        _ module: KernelModule, architecture: String, compilerVersion: String, compile: () throws -> [UInt8]
    ) rethrows -> [UInt8] {
        let url = folder.appendingPathComponent(Self.name(module, architecture, compilerVersion))
        if let data = try? Data(contentsOf: url), let cubin = Self.content(Array(data)) { return cubin }
        let cubin = try compile()
        // Whole or not at all: another process may be reading.
        try? Data(Self.identity(cubin) + [0x0a] + cubin).write(to: url, options: .atomic)
        return cubin
    }

    private static func content(_ bytes: [UInt8]) -> [UInt8]? {
        guard let end = bytes.firstIndex(of: 0x0a) else { return nil }
        let cubin = Array(bytes[(end + 1)...])
        return Array(bytes[..<end]) == identity(cubin) ? cubin : nil
    }

    private static func identity(_ bytes: [UInt8]) -> [UInt8] {
        var checksum = Checksum()
        bytes.withUnsafeBytes { checksum.update($0) }
        return Array(checksum.identity.utf8)
    }

    private static func name(_ module: KernelModule, _ architecture: String, _ compilerVersion: String) -> String {
        var checksum = Checksum()
        let sources = KernelSources.headers.sorted { $0.key < $1.key }.map(\.value)
        let texts = [KernelSources.files[module.source] ?? []] + sources
        let words = ([compilerVersion] + module.options).map { Array($0.utf8) + [0] }
        for part in texts + words { part.withUnsafeBytes { checksum.update($0) } }
        let source = module.source.prefix { $0 != "." }
        return "\(source)-\(architecture)-\(checksum.identity).cubin"
    }
}
