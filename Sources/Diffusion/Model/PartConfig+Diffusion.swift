import Weights

/// What diffusers' and transformers' configs have in common.
extension PartConfig {
    /// A size: at least 1, and small enough that no product of a few overflows.
    func size(_ key: String, default fallback: Int, atMost limit: Int = 1 << 20) throws -> Int {
        try checked(key, try value(key, default: fallback), 1...limit)
    }

    /// A size, or nil where the key is absent or null.
    func optionalSize(_ key: String) throws -> Int? {
        try optional(key).map { try checked(key, $0, 1...(1 << 20)) }
    }

    /// One size for each level; at most 16 levels.
    func sizes(_ key: String, default fallback: [Int], atLeast least: Int = 1) throws -> [Int] {
        let sizes = try value(key, default: fallback)
        guard (1...16).contains(sizes.count) else { throw error(key, "must have 1 to 16 entries, not \(sizes.count)") }
        return try sizes.map { try checked(key, $0, least...(1 << 20)) }
    }

    /// One number of layers, heads or features for each of `count` levels: a list, or a single one for all.
    func counts(_ key: String, count: Int, default fallback: Int, atLeast least: Int = 1) throws -> [Int] {
        try values(key, count: count, default: fallback).map { try checked(key, $0, least...(1 << 20)) }
    }

    /// Names of block types, one for each of `count` levels, of which each must be in `known`.
    func blockTypes(_ key: String, count: Int, default fallback: [String], known: [String]) throws -> [String] {
        let types: [String] = try value(key, default: fallback)
        guard types.count == count else { throw error(key, "has \(types.count) entries for \(count) blocks") }
        if let other = types.first(where: { !known.contains($0) }) {
            throw error(key, "names \(other), which is not supported; \(known.joined(separator: " and ")) are")
        }
        return types
    }

    /// A flag; null is the default as well.
    func flag(_ key: String, default fallback: Bool) throws -> Bool { try optional(key) ?? fallback }

    func activation(_ key: String, default fallback: Activation) throws -> Activation {
        try optionalActivation(key) ?? fallback
    }

    func optionalActivation(_ key: String) throws -> Activation? {
        guard let name = try optional(key, as: String.self) else { return nil }
        guard let activation = Activation(named: name) else {
            throw error(key, "is \(name), which is not supported; silu, swish, relu, gelu and quick_gelu are")
        }
        return activation
    }

    /// Whether the key is there and null, which is not the same as absent where the default is not null.
    func isNull(_ key: String) -> Bool { members[key] != nil && !has(key) }

    /// Refuses a value other than `accepted` or null: it would change the computation in a way not done here.
    func require<Value: ConfigValue & Equatable>(_ key: String, is accepted: Value) throws {
        guard has(key) else { return }
        guard try value(key, as: Value.self) == accepted else {
            throw error(key, "is supported as \(accepted) only")
        }
    }

    /// Refuses any value but null.
    func requireNull(_ key: String) throws {
        guard !has(key) else { throw error(key, "is not supported; only null is") }
    }

    func checked(_ key: String, _ number: Int, _ range: ClosedRange<Int>) throws -> Int {
        guard range.contains(number) else {
            throw error(key, "must be in \(range.lowerBound) … \(range.upperBound), not \(number)")
        }
        return number
    }
}
