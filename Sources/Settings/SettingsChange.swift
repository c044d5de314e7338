internal import OrderedCollections

/// Some settings with new values, checked against the schema before any of them takes effect.
public struct SettingsChange: Sendable, Hashable {
    private(set) var values: OrderedDictionary<SettingName, SettingValue> = [:]

    public init() {}

    public var isEmpty: Bool { values.isEmpty }

    /// Takes a value as it is written on a command line or in YAML.
    public mutating func set(_ key: String, parsing text: String) throws(SettingsError) {
        let definition = try SettingDefinition.named(key)
        values[definition.name] = try definition.value(parsing: text)
    }

    /// Takes a value from JSON, whose type must fit.
    public mutating func set(_ key: String, to json: JSONValue) throws(SettingsError) {
        let definition = try SettingDefinition.named(key)
        values[definition.name] = try definition.value(json)
    }

    /// Reads assignments such as `strength=0.6`, as `ctl set` takes them.
    public init(assignments: [String]) throws(SettingsError) {
        for assignment in assignments {
            guard let equals = assignment.firstIndex(of: "=") else {
                throw SettingsError(
                    .malformed, "\"\(assignment)\" is no assignment; write key=value, as in strength=0.6")
            }
            let key = String(assignment[..<equals])
            let definition = try SettingDefinition.named(key)
            guard values[definition.name] == nil else {
                throw SettingsError(.malformed, "\(key) is set twice; give it one value")
            }
            try set(key, parsing: String(assignment[assignment.index(after: equals)...]))
        }
    }

    /// The change that leads from the defaults to the given settings.
    public init(_ settings: StreamSettings) {
        for name in SettingName.allCases { values[name] = settings[name] }
    }

    public mutating func merge(_ later: SettingsChange) {
        for (name, value) in later.values { values[name] = value }
    }

    public func contains(_ name: SettingName) -> Bool { values[name] != nil }

    /// The new value; nil for a setting that stays as it is.
    public subscript(name: SettingName) -> SettingValue? { values[name] }

    public var json: JSONValue {
        .object(.init(uniqueKeysWithValues: values.map { ($0.key.rawValue, $0.value.json) }))
    }
}

extension SettingsChange {
    /// A change of one switch.
    public init(_ name: SettingName, _ value: Bool) { values[name] = .boolean(value) }
}
