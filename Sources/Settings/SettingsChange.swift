import OrderedCollections

/// Some settings with new values, checked against the schema before any of them takes effect.
package struct SettingsChange: Sendable, Hashable {
    private(set) var values: OrderedDictionary<SettingName, SettingValue> = [:]

    package init() {}

    package var isEmpty: Bool { values.isEmpty }

    /// Takes a value as it is written on a command line or in YAML.
    package mutating func set(_ key: String, parsing text: String) throws(SettingsError) {
        let definition = try SettingDefinition.named(key)
        values[definition.name] = try definition.value(parsing: text)
    }

    /// Takes a value from JSON, whose type must fit.
    package mutating func set(_ key: String, to json: JSONValue) throws(SettingsError) {
        let definition = try SettingDefinition.named(key)
        values[definition.name] = try definition.value(json)
    }

    /// Reads assignments such as `strength=0.6`, as `ctl set` takes them.
    package init(assignments: [String]) throws(SettingsError) {
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
    package init(_ settings: StreamSettings) {
        for name in SettingName.allCases { values[name] = settings[name] }
    }

    package mutating func merge(_ later: SettingsChange) {
        for (name, value) in later.values { values[name] = value }
    }

    package func contains(_ name: SettingName) -> Bool { values[name] != nil }

    /// The new value; nil for a setting that stays as it is.
    package subscript(name: SettingName) -> SettingValue? { values[name] }

    package var json: JSONValue {
        .object(.init(uniqueKeysWithValues: values.map { ($0.key.rawValue, $0.value.json) }))
    }
}

extension SettingsChange {
    /// A change of one switch.
    package init(_ name: SettingName, _ value: Bool) { values[name] = .boolean(value) }
}
