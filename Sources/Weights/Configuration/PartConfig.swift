package import Basics

/// A part's config.json, read value by value into the types that the part works with.
///
/// As in diffusers, a key that is absent takes the class's default, and null is a value of its own: None. Nothing is
/// converted: a number in quotes is an error that names the key.
package struct PartConfig: Sendable {
    /// For messages: the file, and within it the object, when it is not the whole.
    package let file: String
    private let prefix: String
    package let members: [String: LocatedJSON]

    package init(_ path: String, of files: any ModelFiles) throws {
        let root = try files.json(path)
        guard let members = root.object else {
            throw WeightsError(
                .invalidConfiguration, "the configuration must be an object, not \(root.kind)", file: files.name(path),
                byte: root.byte)
        }
        self.init(members, file: files.name(path), prefix: "")
    }

    private init(_ members: [String: LocatedJSON], file: String, prefix: String) {
        (self.members, self.file, self.prefix) = (members, file, prefix)
    }

    /// Whether the key is there with a value that is not null.
    package func has(_ key: String) -> Bool {
        if let value = members[key], case .null = value.content { return false }
        return members[key] != nil
    }

    /// The value, which must be there.
    package func value<Value: ConfigValue>(_ key: String, as type: Value.Type = Value.self) throws -> Value {
        guard let value = members[key] else {
            throw WeightsError(
                .invalidConfiguration, "'\(prefix)\(key)' is missing, which must be \(Value.kind)", file: file)
        }
        return try read(value, key)
    }

    /// The value, or `fallback` where the key is absent.
    package func value<Value: ConfigValue>(_ key: String, default fallback: Value) throws -> Value {
        try members[key].map { try read($0, key) } ?? fallback
    }

    /// The value, or nil where the key is absent or null.
    package func optional<Value: ConfigValue>(_ key: String, as type: Value.Type = Value.self) throws -> Value? {
        has(key) ? try value(key, as: type) : nil
    }

    /// One value for each of `count` levels: a list as it stands, or a single value for them all, as diffusers allows.
    package func values<Value: ConfigValue>(_ key: String, count: Int, default fallback: Value) throws -> [Value] {
        guard let value = members[key] else { return Array(repeating: fallback, count: count) }
        guard case .array = value.content else { return Array(repeating: try read(value, key), count: count) }
        let list: [Value] = try read(value, key)
        guard list.count == count else {
            throw error(value, "'\(prefix)\(key)' has \(list.count) values for \(count) levels")
        }
        return list
    }

    /// The object under `key`, or nil where the key is absent or null.
    package func section(_ key: String) throws -> PartConfig? {
        guard has(key), let value = members[key] else { return nil }
        guard let members = value.object else {
            throw error(value, "'\(prefix)\(key)' must be an object, not \(value.kind)")
        }
        return PartConfig(members, file: file, prefix: "\(prefix)\(key).")
    }

    /// The values whose keys begin with `prefix`, under what is left of their keys.
    package func members(after prefix: String) -> PartConfig {
        let own = members.filter { $0.key.hasPrefix(prefix) }
        return PartConfig(
            Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(prefix.count)), $0.value) }),
            file: file, prefix: self.prefix + prefix)
    }

    /// An error about one key, for values that are of the right kind and still make no sense.
    package func error(_ key: String, _ message: String) -> WeightsError {
        WeightsError(.invalidConfiguration, "'\(prefix)\(key)' \(message)", file: file, byte: members[key]?.byte)
    }

    private func read<Value: ConfigValue>(_ value: LocatedJSON, _ key: String) throws -> Value {
        guard let result = Value(configuration: value) else {
            throw error(value, "'\(prefix)\(key)' must be \(Value.kind), not \(value.kind)")
        }
        return result
    }

    private func error(_ value: LocatedJSON, _ message: String) -> WeightsError {
        WeightsError(.invalidConfiguration, message, file: file, byte: value.byte)
    }
}
