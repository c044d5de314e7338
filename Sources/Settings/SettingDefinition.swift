/// One line of the schema that stands behind the options of the command line, the YAML files, JSON-RPC and the manual.
package struct SettingDefinition: Sendable {
    package let name: SettingName
    package let type: SettingType
    package let defaultValue: SettingValue
    /// Empty where there is none.
    package let unit: String
    /// One line.
    package let help: String
    /// Whether a transition moves it smoothly; the others change between two frames.
    package let isContinuous: Bool

    /// The help with what is allowed and the default, for `--help`.
    package var optionHelp: String { "\(help): \(type.allowed) (default: \(defaultText))." }

    package var defaultText: String {
        let text = defaultValue.text
        return text.isEmpty ? "empty" : text
    }

    /// Reads a value as it is written on a command line or in YAML.
    package func value(parsing text: String) throws(SettingsError) -> SettingValue {
        let trimmed = text.trimmingWhitespace()
        switch type {
        case .prompt: return .prompt(try Prompt(parsing: text))
        case .number(let range):
            guard let number = Double(trimmed), number.isFinite else { throw refused(.wrongType, text) }
            guard range.contains(number) else { throw refused(.outOfRange, trimmed) }
            return .number(number)
        case .integer(let range):
            guard let integer = Int64(trimmed) else { throw refused(.wrongType, text) }
            guard range.contains(integer) else { throw refused(.outOfRange, trimmed) }
            return .integer(integer)
        case .boolean:
            switch trimmed {
            case "true", "on", "yes": return .boolean(true)
            case "false", "off", "no": return .boolean(false)
            default: throw refused(.wrongType, text)
            }
        case .frameRate:
            guard let rate = FrameRate(parsing: trimmed) else { throw refused(.outOfRange, text) }
            return .frameRate(rate)
        }
    }

    /// Reads a value from JSON, whose types must fit: `"0.6"` is no number.
    package func value(_ json: JSONValue) throws(SettingsError) -> SettingValue {
        switch (type, json) {
        case (.prompt, .string(let text)): return .prompt(try Prompt(parsing: text))
        case (.number(let range), .number(let number)):
            guard range.contains(number) else { throw refused(.outOfRange, json.text) }
            return .number(number)
        case (.number(let range), .integer(let integer)):
            guard range.contains(Double(integer)) else { throw refused(.outOfRange, json.text) }
            return .number(Double(integer))
        case (.integer(let range), .integer(let integer)):
            guard range.contains(integer) else { throw refused(.outOfRange, json.text) }
            return .integer(integer)
        case (.boolean, .boolean(let boolean)): return .boolean(boolean)
        case (.frameRate, .string(let text)):
            guard let rate = FrameRate(parsing: text) else { throw refused(.outOfRange, json.text) }
            return .frameRate(rate)
        case (.frameRate, .integer), (.frameRate, .number):
            guard let rate = FrameRate(parsing: json.text) else { throw refused(.outOfRange, json.text) }
            return .frameRate(rate)
        default: throw refused(.wrongType, json.text)
        }
    }

    private func refused(_ code: SettingsError.Code, _ value: String) -> SettingsError {
        let shown = value.count > 60 ? "\(value.prefix(60))…" : value
        return SettingsError(code, "\(name.rawValue) is \(shown.isEmpty ? "empty" : shown); allowed is \(type.allowed)")
    }
}
