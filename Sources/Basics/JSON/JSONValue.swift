package import OrderedCollections

/// A JSON value (RFC 8259). Objects keep their order.
package enum JSONValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    /// A number written without fraction and exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number; finite in JSON's own texts.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(OrderedDictionary<String, JSONValue>)

    /// The member of an object; nil where there is none, or this is not an object.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
    package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    package var object: OrderedDictionary<String, JSONValue>? {
        if case .object(let value) = self { value } else { nil }
    }

    /// Any number as a Double.
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(OrderedDictionary(elements, uniquingKeysWith: { $1 }))
    }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension JSONValue {
    /// Reads one JSON value and nothing after it, as strictly as `JSONScanner` does.
    /// - Throws: `JSONError`.
    package init(parsing bytes: some Collection<UInt8>, maximumDepth: Int = 16) throws(JSONError) {
        var scanner = JSONScanner(Array(bytes), maximumDepth: maximumDepth)
        do {
            self = try scanner.value()
            try scanner.finish()
        } catch let error as JSONError {
            throw error
        } catch {
            // The scanner's closures are rethrown untyped; it throws nothing else.
            throw JSONError("\(error)", byte: scanner.position)
        }
    }

    package init(parsing text: String, maximumDepth: Int = 16) throws(JSONError) {
        try self.init(parsing: text.utf8, maximumDepth: maximumDepth)
    }
}

extension JSONScanner {
    fileprivate mutating func value() throws -> JSONValue {
        switch try peekKind() {
        case .object:
            var members: OrderedDictionary<String, JSONValue> = [:]
            try self.members { scanner, key, _ in members[key] = try scanner.value() }
            return .object(members)
        case .array:
            var elements: [JSONValue] = []
            try self.elements { scanner in elements.append(try scanner.value()) }
            return .array(elements)
        case .string: return .string(try string())
        case .boolean: return .boolean(try boolean())
        case .null:
            try null()
            return .null
        case .number:
            switch try number() {
            case .integer(let value): return .integer(Int64(value))
            case .double(let value): return .number(value)
            }
        }
    }
}
