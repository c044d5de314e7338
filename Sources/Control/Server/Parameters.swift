import OrderedCollections
import Settings

/// The parameters of a request: only those that its method takes, each of its type.
struct Parameters {
    private let members: OrderedDictionary<String, JSONValue>
    private let own: [String]

    init(_ json: JSONValue, for method: ControlMethod) throws(ControlError) {
        members = json.object ?? [:]
        own = method.parameters
        let known = own + (method == .settingsSet ? SettingName.allCases.map(\.rawValue) : [])
        if let unknown = members.keys.first(where: { !known.contains($0) }) {
            throw ControlError(.invalidParameters, "\(method.rawValue): \(unknownKey(unknown, known: known))")
        }
    }

    /// What is not a parameter of the method itself.
    var settings: OrderedDictionary<String, JSONValue> { members.filter { !own.contains($0.key) } }

    func string(_ key: String) throws(ControlError) -> String? {
        guard let value = members[key] else { return nil }
        guard let string = value.string else { throw wrong(key, value, "a string") }
        return string
    }

    func boolean(_ key: String) throws(ControlError) -> Bool? {
        guard let value = members[key] else { return nil }
        guard let boolean = value.boolean else { throw wrong(key, value, "true or false") }
        return boolean
    }

    func number(_ key: String) throws(ControlError) -> Double? {
        guard let value = members[key] else { return nil }
        guard let number = value.double else { throw wrong(key, value, "a number") }
        return number
    }

    private func wrong(_ key: String, _ value: JSONValue, _ allowed: String) -> ControlError {
        ControlError(.invalidParameters, "\(key) is \(value.text.prefix(60)); allowed is \(allowed)")
    }
}
