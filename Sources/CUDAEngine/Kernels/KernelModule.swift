import Basics
import Foundation

/// A source compiled with certain macros: a tile's size, an element type.
package struct KernelModule: Hashable, Sendable {
    /// "product.cu"
    package let source: String
    package let macros: [String: String]

    package init(source: String, macros: [String: String]) { (self.source, self.macros) = (source, macros) }

    /// The macros as a compiler takes them, always in the same order.
    package var options: [String] { macros.sorted { $0.key < $1.key }.map { "-D\($0.key)=\($0.value)" } }
}

extension KernelModule {
    package static let elementwise = KernelModule(source: "elementwise.cu", macros: [:])

    static func product(_ tile: ProductTile, _ element: ElementType, vectors: Bool) -> KernelModule {
        KernelModule(
            source: "product.cu",
            macros: [
                "ELEMENT": element.rawValue, "VECTORS": vectors ? "1" : "0", "BLOCK_M": "\(tile.blockM)",
                "BLOCK_N": "\(tile.blockN)", "BLOCK_K": "\(tile.blockK)", "WARPS_M": "\(tile.warpsM)",
                "WARPS_N": "\(tile.warpsN)", "STAGES": "\(tile.stages)",
            ])
    }

    static func attention(_ tile: AttentionTile, _ element: ElementType, vectors: Bool) -> KernelModule {
        KernelModule(
            source: "attention.cu",
            macros: [
                "ELEMENT": element.rawValue, "VECTORS": vectors ? "1" : "0", "WARPS": "\(tile.warps)",
                "KEYS": "\(tile.keys)", "HEAD": "\(tile.head)", "SLICE": "\(tile.slice)", "STAGES": "\(tile.stages)",
            ])
    }

    static func norms(_ element: ElementType, vectors: Bool) -> KernelModule {
        KernelModule(source: "norms.cu", macros: ["ELEMENT": element.rawValue, "VECTORS": vectors ? "1" : "0"])
    }

    /// Every module that a program can be made of.
    package static let all: [KernelModule] = {
        var modules = [elementwise]
        for element in ElementType.allCases {
            for vectors in [true, false] {
                modules.append(norms(element, vectors: vectors))
                modules += ProductTile.choices(element, vectors: vectors).map {
                    product($0, element, vectors: vectors)
                }
                modules += AttentionTile.choices(element).map { attention($0, element, vectors: vectors) }
            }
        }
        return modules
    }()
}

/// Compiled kernels on disk, named by all that went into them. An entry begins with the checksum of the rest, so that a
/// damaged one is noticed and made again.
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
