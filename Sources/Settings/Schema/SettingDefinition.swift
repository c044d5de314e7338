package import Basics

/// The settings that can change while a stream runs, by the names they have in YAML, in JSON-RPC and at `ctl set`.
package enum SettingName: String, Sendable, CaseIterable {
    case prompt
    case strength
    case seed
    case blend
    case steps
    case frameRate = "frame_rate"
    case passthrough
    case paused
}

/// What values a setting takes.
package enum SettingType: Sendable, Hashable {
    case prompt
    case number(ClosedRange<Double>)
    case integer(ClosedRange<Int64>)
    case boolean
    case frameRate

    /// The one-word name in `settings.describe`.
    package var name: String {
        switch self {
        case .prompt: "prompt"
        case .number: "number"
        case .integer: "integer"
        case .boolean: "boolean"
        case .frameRate: "frame_rate"
        }
    }

    /// What is allowed, to end a sentence with.
    package var allowed: String {
        switch self {
        case .prompt: #"a text, or texts with weights such as "oil painting":0.7, "snow":0.3"#
        case .number(let range): "a number from \(range.lowerBound.short) to \(range.upperBound.short)"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true or false"
        case .frameRate: "source, or frames a second above 0 up to \(FrameRate.maximum), such as 30 or 30000/1001"
        }
    }
}

extension Double {
    /// Without the `.0` of a whole number.
    var short: String { Int64(exactly: self).map { "\($0)" } ?? "\(self)" }
}

/// A value of a setting, of the type and within the range that the schema states.
package enum SettingValue: Sendable, Hashable {
    case prompt(Prompt)
    case number(Double)
    case integer(Int64)
    case boolean(Bool)
    case frameRate(FrameRate)

    package var json: JSONValue {
        switch self {
        case .prompt(let prompt): .string(prompt.description)
        case .number(let number): .number(number)
        case .integer(let integer): .integer(integer)
        case .boolean(let boolean): .boolean(boolean)
        case .frameRate(let rate): .string(rate.description)
        }
    }

    /// As it is written on a command line.
    package var text: String {
        switch self {
        case .prompt(let prompt): prompt.description
        case .number(let number): "\(number)"
        case .integer(let integer): "\(integer)"
        case .boolean(let boolean): "\(boolean)"
        case .frameRate(let rate): rate.description
        }
    }
}

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

    /// Its option of `run` and `serve`; nil for what makes sense only while a stream runs.
    package var option: String? {
        switch name {
        case .prompt, .strength, .seed, .blend, .steps: "--\(name.rawValue)"
        case .frameRate: "-r"
        case .passthrough, .paused: nil
        }
    }

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

    /// Reads a value from JSON, whose types must fit: `"0.6"` is not a number.
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

extension SettingDefinition {
    /// Every live setting, in the order in which they are shown.
    package static let all: [SettingDefinition] = [
        SettingDefinition(
            name: .prompt, type: .prompt, defaultValue: .prompt(Prompt("")), unit: "",
            help: "What the picture should look like", isContinuous: true),
        SettingDefinition(
            name: .strength, type: .number(0...1), defaultValue: .number(0.5), unit: "",
            help: "How far to go from the source; 0 is the source itself", isContinuous: true),
        // Up to 2^53 − 1, so that every JSON reader carries it exactly.
        SettingDefinition(
            name: .seed, type: .integer(0...9_007_199_254_740_991), defaultValue: .integer(1), unit: "",
            help: "The noise to start from, as torch's CPU generator draws it", isContinuous: false),
        SettingDefinition(
            name: .blend, type: .number(0...1), defaultValue: .number(0), unit: "",
            help: "Share of the source mixed into the restyled picture; 1 shows the source alone", isContinuous: true),
        SettingDefinition(
            name: .steps, type: .integer(1...4), defaultValue: .integer(1), unit: "steps",
            help: "Denoising steps a frame; each costs one more pass through the UNet", isContinuous: false),
        SettingDefinition(
            name: .frameRate, type: .frameRate, defaultValue: .frameRate(.source), unit: "frames/s",
            help: "Frame rate of the outputs", isContinuous: false),
        SettingDefinition(
            name: .passthrough, type: .boolean, defaultValue: .boolean(false), unit: "",
            help: "Send the source on as it is; the model rests", isContinuous: false),
        SettingDefinition(
            name: .paused, type: .boolean, defaultValue: .boolean(false), unit: "",
            help: "Hold the last picture; the source's frames are dropped", isContinuous: false),
    ]

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    package static subscript(name: SettingName) -> SettingDefinition {
        guard let definition = byName[name] else {
            preconditionFailure("the schema has no line for \(name.rawValue)")
        }
        return definition
    }

    /// The definition of a key that a user wrote; an unknown one is an error that offers the nearest.
    package static func named(_ key: String) throws(SettingsError) -> SettingDefinition {
        guard let name = SettingName(rawValue: key) else {
            throw SettingsError(.unknownKey, unknownKey(key, known: SettingName.allCases.map(\.rawValue)))
        }
        return self[name]
    }
}

/// A setting, a line of a configuration or of a timeline that cannot be taken, as a sentence that names the key,
/// the value and what is allowed.
package struct SettingsError: ErrorWithExitStatus, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case unknownKey, missingKey, wrongType, outOfRange, malformed, unreadable, unwritable, notPermitted
    }

    package let code: Code
    /// What is wrong and what is allowed.
    package let message: String
    /// The file and line it was found at (`restyled.yaml:12`), empty for an option or a request.
    package let location: String

    package init(_ code: Code, _ message: String, at location: String = "") {
        (self.code, self.message, self.location) = (code, message, location)
    }

    package var description: String { location.isEmpty ? message : "\(location): \(message)" }

    package var exitStatus: ExitStatus {
        switch code {
        case .unreadable: .noInput
        case .notPermitted: .permission
        case .unwritable: .inputOutput
        case .unknownKey, .missingKey, .wrongType, .outOfRange, .malformed: .usage
        }
    }
}
