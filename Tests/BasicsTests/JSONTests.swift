import Basics
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
        ("[1,]", "a value is expected"), ("{\"a\"}", "':'"), ("{a:1}", "key in double quotes"), ("[1 2]", "','"),
        ("01", "end of the text"), ("-", "ends"), ("1.", "ends"), ("1.x", "digit"), (".5", "a value is expected"),
        ("1e", "ends"), ("+1", "a value is expected"), ("1e999", "beyond the range"), ("NaN", "a value is expected"),
        ("Infinity", "a value is expected"), ("-Infinity", "digit"), ("nul", "null"), ("1 2", "end of the text"),
        (#""\x""#, "escape"), (#""\ud800""#, "surrogate"), (#""\ude00""#, "surrogate"),
        (#""\ud800\u0041""#, "surrogate"), (#""\u12g4""#, "hexadecimal"), ("\"abc", "ends"), ("\"\\", "ends"),
        ("[", "ends"), ("{", "ends"), ("'a'", "a value is expected"), ("// x\n1", "a value is expected"),
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

    /// Python's json module writes these three, and reads them.
    @Test func pythonsNumbers() throws {
        let text = Array(#"{"a": -Infinity, "b": [NaN, Infinity], "c": -1}"#.utf8)
        let members = try #require(try LocatedJSON(parsing: text, numbers: .python).object)
        guard case .double(let a)? = members["a"]?.content, case .array(let b)? = members["b"]?.content,
            case .double(let first) = b[0].content, case .double(let second) = b[1].content,
            case .integer(let c)? = members["c"]?.content
        else {
            Issue.record("\(members)")
            return
        }
        #expect(a == -.infinity && first.isNaN && second == .infinity && c == -1)
        #expect(throws: JSONError.self) { try LocatedJSON(parsing: text) }
        #expect(throws: JSONError.self) { try LocatedJSON(parsing: Array("-Infinit".utf8), numbers: .python) }
    }
}
