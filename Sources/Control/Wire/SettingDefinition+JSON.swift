import OrderedCollections
import Settings

extension SettingDefinition {
    /// One entry of the answer to `settings.describe`.
    var json: JSONValue {
        var members: OrderedDictionary<String, JSONValue> = [
            "name": .string(name.rawValue), "type": .string(type.name), "default": defaultValue.json,
            "help": .string(help), "unit": .string(unit), "allowed": .string(type.allowed),
            "transition": .boolean(isContinuous),
        ]
        switch type {
        case .number(let range):
            members["minimum"] = .number(range.lowerBound)
            members["maximum"] = .number(range.upperBound)
        case .integer(let range):
            members["minimum"] = .integer(range.lowerBound)
            members["maximum"] = .integer(range.upperBound)
        case .prompt, .boolean, .frameRate: break
        }
        return .object(members)
    }
}
