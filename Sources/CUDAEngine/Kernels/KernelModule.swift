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
