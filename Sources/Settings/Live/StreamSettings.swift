package import Basics
import OrderedCollections

/// The live settings of one stream: an immutable value, of which every frame takes one.
package struct StreamSettings: Sendable, Hashable {
    package var prompt: Prompt
    /// 0 … 1: the noise level, in steps of the model's thousand; 0 is the source frame.
    package var strength: Double
    package var seed: Int64
    /// 0 … 1: share of the source in what is shown.
    package var blend: Double
    package var steps: Int
    package var frameRate: FrameRate
    package var passthrough: Bool
    package var paused: Bool

    /// Every setting at the schema's default.
    package init() {
        self.init { SettingDefinition[$0].defaultValue }
    }

    private init(_ value: (SettingName) -> SettingValue) {
        (prompt, strength, seed, blend) = (Prompt(""), 0, 0, 0)
        (steps, frameRate, passthrough, paused) = (1, .source, false, false)
        for name in SettingName.allCases { set(name, to: value(name)) }
    }

    package subscript(name: SettingName) -> SettingValue {
        switch name {
        case .prompt: .prompt(prompt)
        case .strength: .number(strength)
        case .seed: .integer(seed)
        case .blend: .number(blend)
        case .steps: .integer(Int64(steps))
        case .frameRate: .frameRate(frameRate)
        case .passthrough: .boolean(passthrough)
        case .paused: .boolean(paused)
        }
    }

    /// The value must come from the name's own definition, which gives it the right type.
    mutating func set(_ name: SettingName, to value: SettingValue) {
        switch (name, value) {
        case (.prompt, .prompt(let value)): prompt = value
        case (.strength, .number(let value)): strength = value
        case (.seed, .integer(let value)): seed = value
        case (.blend, .number(let value)): blend = value
        case (.steps, .integer(let value)): steps = Int(value)
        case (.frameRate, .frameRate(let value)): frameRate = value
        case (.passthrough, .boolean(let value)): passthrough = value
        case (.paused, .boolean(let value)): paused = value
        default: preconditionFailure("\(name.rawValue) cannot hold \(value)")
        }
    }

    package func applying(_ change: SettingsChange) -> StreamSettings {
        var settings = self
        for (name, value) in change.values { settings.set(name, to: value) }
        return settings
    }

    /// All settings under their schema names, in the schema's order.
    package var json: JSONValue {
        .object(.init(uniqueKeysWithValues: SettingDefinition.all.map { ($0.name.rawValue, self[$0.name].json) }))
    }
}

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
                    .malformed, "\"\(assignment)\" is not an assignment; write key=value, as in strength=0.6")
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
