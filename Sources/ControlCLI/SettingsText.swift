import Basics
import OrderedCollections
import Settings

/// Settings as a person reads them: one a line, as `ctl set` would take them.
func settingsText(_ answer: JSONValue) -> String {
    let lines = SettingDefinition.all.compactMap { definition -> String? in
        guard let value = answer[definition.name.rawValue] else { return nil }
        return "\(definition.name.rawValue)=\(value.string ?? value.text)"
    }
    let version = answer["version"].map { "# \(answer["stream"]?.string ?? ""), version \($0.text)" }
    return ([version].compactMap(\.self) + lines).joined(separator: "\n")
}

/// Any answer as `key: value` lines, members of members indented.
func outline(_ value: JSONValue, indentation: String = "") -> String {
    guard let members = value.object else { return indentation + (value.string ?? value.text) }
    return members.map { key, value in
        switch value {
        case .object(let inner) where !inner.isEmpty:
            "\(indentation)\(key):\n\(outline(value, indentation: indentation + "  "))"
        case .array(let elements) where elements.contains { $0.object != nil }:
            "\(indentation)\(key):\n"
                + elements.map { outline($0, indentation: indentation + "  ") }.joined(separator: "\n\n")
        default: "\(indentation)\(key): \(value.string ?? value.text)"
        }
    }.joined(separator: "\n")
}
