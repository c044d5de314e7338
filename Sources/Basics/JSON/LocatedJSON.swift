/// A JSON value that knows where in its text it stands, for configuration files, whose errors name the byte. What is big
/// is walked with `JSONScanner`.
package struct LocatedJSON: Sendable {
    package enum Content: Sendable {
        case object([String: LocatedJSON])
        case array([LocatedJSON])
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

    /// - Throws: `JSONError`.
    package init(parsing bytes: [UInt8], numbers: JSONScanner.Numbers = .finite) throws {
        var scanner = JSONScanner(bytes, numbers: numbers)
        self = try scanner.value()
        try scanner.finish()
    }

    /// The kind of value, for messages: "a string".
    package var kind: String {
        switch content {
        case .object: JSONScanner.Kind.object.rawValue
        case .array: JSONScanner.Kind.array.rawValue
        case .string: JSONScanner.Kind.string.rawValue
        case .integer, .double: JSONScanner.Kind.number.rawValue
        case .boolean: JSONScanner.Kind.boolean.rawValue
        case .null: JSONScanner.Kind.null.rawValue
        }
    }

    package var object: [String: LocatedJSON]? {
        if case .object(let members) = content { members } else { nil }
    }
}

extension JSONScanner {
    /// The next value, whatever it is, with all that is in it.
    fileprivate mutating func value() throws -> LocatedJSON {
        let kind = try peekKind()
        let start = position
        switch kind {
        case .object:
            var object: [String: LocatedJSON] = [:]
            try members { scanner, key, _ in object[key] = try scanner.value() }
            return LocatedJSON(.object(object), byte: start)
        case .array:
            var array: [LocatedJSON] = []
            try elements { scanner in array.append(try scanner.value()) }
            return LocatedJSON(.array(array), byte: start)
        case .string: return LocatedJSON(.string(try string()), byte: start)
        case .boolean: return LocatedJSON(.boolean(try boolean()), byte: start)
        case .null:
            try null()
            return LocatedJSON(.null, byte: start)
        case .number:
            switch try number() {
            case .integer(let whole): return LocatedJSON(.integer(whole), byte: start)
            case .double(let double): return LocatedJSON(.double(double), byte: start)
            }
        }
    }
}
