package import Basics

/// A type that a configuration's value can be read into.
package protocol ConfigValue {
    /// For messages: "a whole number".
    static var kind: String { get }
    /// Nil where the value is of another kind.
    init?(configuration: LocatedJSON)
}

extension Int: ConfigValue {
    package static var kind: String { "a whole number" }
    package init?(configuration: LocatedJSON) {
        guard case .integer(let number) = configuration.content else { return nil }
        self = number
    }
}

extension Double: ConfigValue {
    package static var kind: String { "a number" }
    package init?(configuration: LocatedJSON) {
        switch configuration.content {
        case .integer(let number): self = Double(number)
        case .double(let number): self = number
        default: return nil
        }
    }
}

extension Float: ConfigValue {
    package static var kind: String { Double.kind }
    package init?(configuration: LocatedJSON) {
        guard let number = Double(configuration: configuration) else { return nil }
        self = Float(number)
        guard isFinite else { return nil }
    }
}

extension Bool: ConfigValue {
    package static var kind: String { "true or false" }
    package init?(configuration: LocatedJSON) {
        guard case .boolean(let value) = configuration.content else { return nil }
        self = value
    }
}

extension String: ConfigValue {
    package static var kind: String { "a string" }
    package init?(configuration: LocatedJSON) {
        guard case .string(let text) = configuration.content else { return nil }
        self = text
    }
}

extension Array: ConfigValue where Element: ConfigValue {
    package static var kind: String { "a list, each element \(Element.kind)" }
    package init?(configuration: LocatedJSON) {
        guard case .array(let values) = configuration.content else { return nil }
        self = []
        for value in values {
            guard let element = Element(configuration: value) else { return nil }
            append(element)
        }
    }
}
