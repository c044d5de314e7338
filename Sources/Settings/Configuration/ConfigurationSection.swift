import Yams

/// The keys of one part of a configuration, taken by name and by type.
struct ConfigurationSection {
    let reader: YAMLReader
    let node: Node
    private let members: [String: Node]

    init(_ node: Node, _ section: ConfigurationKey.Section, _ reader: YAMLReader) throws(SettingsError) {
        (self.reader, self.node) = (reader, node)
        let known = ConfigurationKey.names(section)
        var members: [String: Node] = [:]
        for (key, name, value) in try reader.mapping(node, section.rawValue) {
            guard known.contains(name) else { throw reader.error(.unknownKey, unknownKey(name, known: known), at: key) }
            // A key with nothing behind it is as good as none.
            if value.null == nil || value.scalar?.style != .plain { members[name] = value }
        }
        self.members = members
    }

    subscript(key: String) -> Node? { members[key] }

    func text(_ key: String) throws(SettingsError) -> String? {
        guard let node = members[key] else { return nil }
        return try reader.text(node, key)
    }

    func required(_ key: String, _ example: String) throws(SettingsError) -> String {
        guard let text = try text(key), !text.isEmpty else { throw missing(key, example) }
        return text
    }

    func missing(_ key: String, _ example: String) -> SettingsError {
        reader.error(.missingKey, "\(key) is missing here; add a line such as \"\(example)\"", at: node)
    }

    /// A value that `read` makes of the text.
    func value<Value>(_ key: String, _ allowed: String, _ read: (String) -> Value?) throws(SettingsError) -> Value? {
        guard let text = try text(key) else { return nil }
        guard let value = read(text) else {
            throw reader.error(.outOfRange, "\(key) is \(text); allowed is \(allowed)", at: members[key])
        }
        return value
    }

    func boolean(_ key: String) throws(SettingsError) -> Bool? {
        try value(key, "true or false") { text in
            switch text {
            case "true", "yes", "on": true
            case "false", "no", "off": false
            default: nil
            }
        }
    }

    func choice(_ key: String, _ choices: [String]) throws(SettingsError) -> String? {
        try value(key, choices.joined(separator: ", ")) { choices.contains($0) ? $0 : nil }
    }

    /// One of an enumeration's names.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String) throws(SettingsError) -> Choice? {
        try choice(key, Choice.allCases.map(\.rawValue)).flatMap(Choice.init(rawValue:))
    }

    func list(_ key: String) throws(SettingsError) -> [Node]? {
        guard let node = members[key] else { return nil }
        return try reader.sequence(node, key)
    }

    /// A list of texts; empty where the key is absent.
    func texts(_ key: String) throws(SettingsError) -> [String] {
        var texts: [String] = []
        for node in try list(key) ?? [] { texts.append(try reader.text(node, key)) }
        return texts
    }

    /// FFmpeg's options, sorted by name, so that equal configurations are equal.
    func options(_ key: String) throws(SettingsError) -> [StreamConfiguration.Option] {
        guard let node = members[key] else { return [] }
        var options: [StreamConfiguration.Option] = []
        for (_, name, value) in try reader.mapping(node, key) {
            options.append(.init(name: name, value: try reader.text(value, name)))
        }
        return options.sorted { $0.name < $1.name }
    }
}
