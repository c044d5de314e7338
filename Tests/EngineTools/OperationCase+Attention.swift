import Graph

extension OperationCase {
    private static func attention(
        batch: Int = 1, queries: Int = 16, keys: Int = 16, heads: Int = 2, width: Int = 64, scale: Float? = nil,
        causal: Bool = false
    ) -> OperationCase {
        let name = "attention of \(batch)×\(queries) to \(keys), \(heads) heads of \(width / heads)"
        return OperationCase(causal ? "causal \(name)" : name) { c in
            let query = c.input([batch, queries, width])
            let (key, value) = (c.input([batch, keys, width]), c.input([batch, keys, width]))
            return try c.difference {
                [
                    try $0.attention(
                        query: query, key: key, value: value, heads: heads, scale: scale, causal: causal)
                ]
            }
        }
    }

    package static let attentions: [OperationCase] = [
        attention(),
        attention(batch: 2, queries: 9, keys: 77, heads: 3, width: 192),
        attention(queries: 77, keys: 77, heads: 2, width: 128, causal: true),
        attention(queries: 70, keys: 130, heads: 1, width: 128),
        attention(queries: 20, keys: 24, heads: 2, width: 80),
        attention(queries: 12, keys: 40, heads: 1, width: 160),
        attention(queries: 5, keys: 20, heads: 1, width: 240),
        attention(queries: 20, keys: 40, heads: 1, width: 512),
        attention(queries: 7, keys: 9, heads: 4, width: 20),
        attention(scale: 0.3),
        attention(queries: 12, keys: 12, scale: 0.25, causal: true),
        attention(queries: 1, keys: 1),
        OperationCase("attention of slices") { c in
            let x = c.input([1, 21, 192])
            return try c.difference { builder in
                let parts = try [0, 64, 128].map { try builder.slice(x, axis: 2, $0..<$0 + 64) }
                return [try builder.attention(query: parts[0], key: parts[1], value: parts[2], heads: 2)]
            }
        },
    ]
}
