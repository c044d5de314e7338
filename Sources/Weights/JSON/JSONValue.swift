/// A JSON value that knows where in its text it stands. For small files; what is big is walked with `JSONScanner`.
package struct JSONValue: Sendable {
    package enum Content: Sendable {
        case object([String: JSONValue])
        case array([JSONValue])
        case string(String)
        /// A number without fraction or exponent.
        case integer(Int)
        case double(Double)
        case boolean(Bool)
        case null
    }
    package let content: Content
    /// Offset from the start of the text.
    package let byte: Int

    package init(_ content: Content, byte: Int = 0) { (self.content, self.byte) = (content, byte) }

    package init(parsing bytes: [UInt8]) throws {
        var scanner = JSONScanner(bytes)
        self = try scanner.value()
        try scanner.finish()
    }

    /// The kind of value, for messages: "a string".
    var kind: String {
        switch content {
        case .object: JSONScanner.Kind.object.rawValue
        case .array: JSONScanner.Kind.array.rawValue
        case .string: JSONScanner.Kind.string.rawValue
        case .integer, .double: JSONScanner.Kind.number.rawValue
        case .boolean: JSONScanner.Kind.boolean.rawValue
        case .null: JSONScanner.Kind.null.rawValue
        }
    }

    var object: [String: JSONValue]? {
        if case .object(let members) = content { members } else { nil }
    }
}

extension JSONScanner {
    /// The next value, whatever it is, with all that is in it.
    package mutating func value() throws -> JSONValue {
        let kind = try peekKind()
        let start = position
        switch kind {
        case .object:
            var object: [String: JSONValue] = [:]
            try members { scanner, key, _ in object[key] = try scanner.value() }
            return JSONValue(.object(object), byte: start)
        case .array:
            var array: [JSONValue] = []
            try elements { scanner in array.append(try scanner.value()) }
            return JSONValue(.array(array), byte: start)
        case .string: return JSONValue(.string(try string()), byte: start)
        case .boolean: return JSONValue(.boolean(try boolean()), byte: start)
        case .null:
            try null()
            return JSONValue(.null, byte: start)
        case .number:
            var attempt = self
            if let whole = try? attempt.integer() {
                self = attempt
                return JSONValue(.integer(whole), byte: start)
            }
            return JSONValue(.double(try double()), byte: start)
        }
    }
}
