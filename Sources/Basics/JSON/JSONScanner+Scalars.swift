extension JSONScanner {
    package mutating func string() throws -> String {
        try require(.string)
        let start = position
        position += 1
        var text: [UInt8] = []
        while true {
            let byte = try peek()
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw JSONError("this string is not UTF-8", byte: start)
                }
                return string
            case UInt8(ascii: "\\"):
                try escape(into: &text)
            case 0..<0x20:
                throw JSONError("a control character stands in this string", byte: position)
            default:
                text.append(byte)
                position += 1
            }
        }
    }

    /// A number with no fraction and no exponent that fits 64 bits.
    package mutating func integer() throws -> Int {
        let start = try startOfNumber()
        let text = try numberText()
        guard let number = Int(text) else {
            throw JSONError("a whole number of at most 64 bits is expected here, not \(text.prefix(40))", byte: start)
        }
        return number
    }

    /// Any number: an integer where it has no fraction and no exponent and fits 64 bits.
    enum Number {
        case integer(Int)
        case double(Double)
    }

    mutating func number() throws -> Number {
        var attempt = self
        if let whole = try? attempt.integer() {
            self = attempt
            return .integer(whole)
        }
        return .double(try double())
    }

    package mutating func double() throws -> Double {
        let start = try startOfNumber()
        if numbers == .python, let number = try nonFiniteNumber() { return number }
        let text = try numberText()
        guard let number = Double(text), number.isFinite else {
            throw JSONError("\(text.prefix(40)) is beyond the range of a number", byte: start)
        }
        return number
    }

    /// NaN, Infinity or -Infinity, or nil where none of them starts here.
    private mutating func nonFiniteNumber() throws -> Double? {
        switch try peek() {
        case UInt8(ascii: "N"):
            try literal("NaN")
            return .nan
        case UInt8(ascii: "I"):
            try literal("Infinity")
            return .infinity
        case UInt8(ascii: "-") where position + 1 < end && bytes[position + 1] == UInt8(ascii: "I"):
            try literal("-Infinity")
            return -.infinity
        default: return nil
        }
    }

    private mutating func startOfNumber() throws -> Int {
        try require(.number)
        return position
    }

    /// Consumes -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
    private mutating func numberText() throws -> String {
        let start = position
        skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { try digits() }
        if skip(UInt8(ascii: ".")) { try digits() }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "+")) { skip(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(try peek()) else { throw unexpected("a digit") }
        while position < end, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) { position += 1 }
    }

    @discardableResult
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard position < end, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func escape(into text: inout [UInt8]) throws {
        let start = position
        position += 1
        let letter = try peek()
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code), position + 1 < end, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else {
                    throw JSONError("this surrogate stands without its other half", byte: start)
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw JSONError("this surrogate stands without its other half", byte: start)
            }
            guard scalar != "\0" else { throw JSONError("a NUL has no place in a string", byte: start) }
            text.append(contentsOf: Array(String(scalar).utf8))
        default:
            throw JSONError("this is not an escape that JSON knows", byte: start)
        }
    }

    private mutating func hexadecimal() throws -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try peek())).hexDigitValue else {
                throw unexpected("a hexadecimal digit")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
