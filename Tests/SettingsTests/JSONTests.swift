import Settings
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        "null", "true", "-0.5", "12345678901234567", #""a\"b\\c\n\u001f\u007f""#, "[]", "{}",
        #"{"b":1,"a":[1,2.5,{"c":null}]}"#,
        "1e+300", "\"雪 😀\"",
    ])
    func writesWhatItReads(text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(value.text == text)
        #expect(try JSONValue(parsing: value.text) == value)
    }

    @Test func escapes() throws {
        #expect(try JSONValue(parsing: #""\u00e9\ud83d\ude00\/\b\f\r\t""#) == .string("é😀/\u{8}\u{c}\r\t"))
    }

    @Test(arguments: [
        ("", "ends"), ("{\"a\":1,\"a\":2}", "twice"), (#""\u0000""#, "NUL"), ("\"\u{0}\"", "control"),
        ("[1,]", "no value"), ("{\"a\"}", "colon"), ("{a:1}", "key in double quotes"), ("[1 2]", "comma"),
        ("01", "leading zeros"), ("-", "digit"), ("1.", "digit"), (".5", "no value"), ("1e", "digit"),
        ("+1", "no value"),
        ("1e999", "too large"), ("NaN", "no value"), ("Infinity", "no value"), ("nul", "null"),
        ("1 2", "after the value"),
        (#""\x""#, "escape"), (#""\ud800""#, "surrogate"), (#""\ude00""#, "surrogate"),
        (#""\ud800\u0041""#, "surrogate"),
        (#""\u12g4""#, "hexadecimal"), ("\"abc", "closed"), ("\"\\", "closed"), ("[", "ends"), ("{", "key"),
        ("'a'", "no value"), ("// x\n1", "no value"),
    ])
    func refuses(text: String, reason: String) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test func depthIsBounded() throws {
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        _ = try JSONValue(parsing: nested(16))
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(17)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(1_000_000)) }
    }

    @Test func badUTF8IsRefused() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xC3, 0x28, 0x22]) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xED, 0xA0, 0x80, 0x22]) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0xFF]) }
    }
}
