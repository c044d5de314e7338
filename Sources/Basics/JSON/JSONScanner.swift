/// Text that is not JSON, or not the JSON that was called for.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    package let message: String
    /// Offset from the start of the text.
    package let byte: Int

    package init(_ message: String, byte: Int) { (self.message, self.byte) = (message, byte) }
    package var description: String { "\(message) (byte \(byte))" }
}

/// Walks JSON text (RFC 8259) front to back and hands out its parts, building nothing by itself.
///
/// Stricter than Foundation's decoder, because model files and requests come from strangers: a key that stands twice in
/// an object, a NUL (raw or escaped), invalid UTF-8, unpaired surrogates and nesting beyond a bound are errors, since two
/// readers could take such a text for two different things; and every error names its byte. The caller directs the walk
/// by what it expects next, so what is not expected costs no memory.
package struct JSONScanner {
    let bytes: [UInt8]
    let end: Int
    /// Offset of the next byte to read.
    package internal(set) var position: Int
    private var depth = 0
    private let maximumDepth: Int
    let numbers: Numbers

    /// Which numbers a text may hold.
    package enum Numbers: Sendable {
        /// JSON's own: finite ones.
        case finite
        /// As Python's json module writes them: also NaN, Infinity and -Infinity, which diffusers leaves in some
        /// scheduler configurations.
        case python
    }

    package init(
        _ bytes: [UInt8], in range: Range<Int>? = nil, maximumDepth: Int = 64, numbers: Numbers = .finite
    ) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.numbers = numbers
        position = range?.lowerBound ?? 0
        end = range?.upperBound ?? bytes.count
    }

    package enum Kind: String, Sendable {
        case object = "an object"
        case array = "an array"
        case string = "a string"
        case number = "a number"
        case boolean = "true or false"
        case null
    }

    /// The kind of the value that starts next.
    package mutating func peekKind() throws -> Kind {
        skipWhitespace()
        switch try peek() {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "N") where numbers == .python, UInt8(ascii: "I") where numbers == .python: return .number
        default: throw unexpected("a value")
        }
    }

    /// Calls `body` for each member of an object with its key and the key's offset; `body` must consume the value.
    package mutating func members(_ body: (inout JSONScanner, String, Int) throws -> Void) throws {
        try enter(.object)
        var seen: Set<String> = []
        var more = try !leaves(UInt8(ascii: "}"))
        while more {
            skipWhitespace()
            let start = position
            guard try peek() == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
            let key = try string()
            guard seen.insert(key).inserted else {
                throw JSONError("the key '\(key.prefix(200))' stands twice in one object", byte: start)
            }
            skipWhitespace()
            guard try peek() == UInt8(ascii: ":") else { throw unexpected("':'") }
            position += 1
            try body(&self, key, start)
            more = try separated(UInt8(ascii: "}"))
        }
    }

    /// Calls `body` for each element of an array; `body` must consume it.
    package mutating func elements(_ body: (inout JSONScanner) throws -> Void) throws {
        try enter(.array)
        var more = try !leaves(UInt8(ascii: "]"))
        while more {
            try body(&self)
            more = try separated(UInt8(ascii: "]"))
        }
    }

    package mutating func boolean() throws -> Bool {
        try require(.boolean)
        if try peek() == UInt8(ascii: "t") {
            try literal("true")
            return true
        }
        try literal("false")
        return false
    }

    package mutating func null() throws {
        try require(.null)
        try literal("null")
    }

    /// Nothing but white space may follow the value that was read.
    package mutating func finish() throws {
        skipWhitespace()
        guard position == end else { throw unexpected("the end of the text") }
    }

    mutating func require(_ kind: Kind) throws {
        let found = try peekKind()
        guard found == kind else {
            throw JSONError("\(kind.rawValue) is expected here, not \(found.rawValue)", byte: position)
        }
    }

    mutating func skipWhitespace() {
        while position < end, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
    }

    func peek() throws -> UInt8 {
        guard position < end else { throw JSONError("the text ends too early", byte: position) }
        return bytes[position]
    }

    package func unexpected(_ wanted: String) -> JSONError {
        guard position < end else { return JSONError("the text ends where \(wanted) is expected", byte: position) }
        let byte = bytes[position]
        let shown = (0x21...0x7E).contains(byte) ? "'\(Unicode.Scalar(byte))'" : "0x" + String(byte, radix: 16)
        return JSONError("\(wanted) is expected here, not \(shown)", byte: position)
    }

    mutating func literal(_ word: StaticString) throws {
        for offset in 0..<word.utf8CodeUnitCount {
            guard position < end, bytes[position] == word.utf8Start[offset] else { throw unexpected("'\(word)'") }
            position += 1
        }
    }

    private mutating func enter(_ kind: Kind) throws {
        try require(kind)
        position += 1
        depth += 1
        guard depth <= maximumDepth else {
            throw JSONError("more than \(maximumDepth) objects and arrays inside each other", byte: position - 1)
        }
    }

    private mutating func leaves(_ close: UInt8) throws -> Bool {
        skipWhitespace()
        guard try peek() == close else { return false }
        position += 1
        depth -= 1
        return true
    }

    /// Consumes ',' and returns true, or consumes `close` and returns false.
    private mutating func separated(_ close: UInt8) throws -> Bool {
        if try leaves(close) { return false }
        guard bytes[position] == UInt8(ascii: ",") else { throw unexpected("',' or '\(Unicode.Scalar(close))'") }
        position += 1
        return true
    }
}
