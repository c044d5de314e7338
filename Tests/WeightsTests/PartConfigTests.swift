import Testing

@testable import Weights

@Suite struct PartConfigTests {
    private func config(_ text: String) throws -> PartConfig {
        try PartConfig("config.json", of: EmbeddedFiles(["config.json": Array(text.utf8)], description: "unet"))
    }

    @Test func valuesDefaultsAndNulls() throws {
        let config = try config(
            #"""
            {"channels": [320, 640], "eps": 1e-5, "flag": false, "name": "silu", "none": null, "heads": 8,
             "nested": {"size": 3.5}}
            """#)
        #expect(try config.value("channels") == [320, 640])
        #expect(try config.value("eps", as: Float.self) == 1e-5)
        #expect(try config.value("flag", default: true) == false)
        #expect(try config.value("absent", default: "gelu") == "gelu")
        #expect(try config.optional("none", as: Int.self) == nil && !config.has("none") && config.has("name"))
        #expect(try config.values("heads", count: 2, default: 1) == [8, 8])
        #expect(try config.values("channels", count: 2, default: 1) == [320, 640])
        #expect(try config.section("nested")?.value("size", as: Double.self) == 3.5)
        #expect(try config.section("none") == nil)
    }

    @Test func errorsNameTheKeyAndTheByte() throws {
        let config = try config(#"{"a": "1", "b": [1, "x"], "c": {"d": null}, "e": 1.5}"#)
        for (expected, byte, read) in [
            ("'a' must be a whole number, not a string", 6, { _ = try config.value("a", as: Int.self) }),
            ("'b' must be a list, each element a whole number", 16, { _ = try config.value("b", as: [Int].self) }),
            (
                "'c.d' must be true or false, not null", 37,
                {
                    _ = try config.section("c")?.value("d", as: Bool.self)
                }
            ),
            ("'e' must be a whole number", 49, { _ = try config.value("e", default: 1) }),
            ("'f' is missing", nil, { _ = try config.value("f", as: Int.self) }),
            ("'b' has 2 values for 3 levels", 16, { _ = try config.values("b", count: 3, default: "") }),
        ] as [(String, Int?, () throws -> Void)] {
            let error = #expect(throws: WeightsError.self, performing: read)
            guard let error, expected != "'b' has 2 values for 3 levels" else { continue }
            #expect(error.message.hasPrefix(expected), "\(error)")
            #expect(error.location == WeightsError.Location(file: "unet/config.json", byte: byte))
        }
    }

    @Test(arguments: [
        (#"{"a": 1, "a": 2}"#, 9), (#"{"a": "\#u{0}"}"#, 7), (#"{"a": "\u0000"}"#, 7), (#"{"a": "\ud800"}"#, 7),
        (#"{"a": 01}"#, 7), (#"{"a": 1.}"#, 8), (#"{"a": 1,}"#, 8), (#"{"a": 1} x"#, 9), (#"{"a": nul}"#, 9),
        (#"{"a": 1e999}"#, 6), (#"{"a": tru"#, 9), ("", 0), ("version https://git-lfs.github.com/spec/v1\n", 0),
        (String(repeating: "[", count: 100), 64), (#"{"a": "\x"}"#, 7), (#"{'a': 1}"#, 1),
    ])
    func malformedJSONIsRefusedAtItsByte(_ text: String, _ byte: Int) {
        let error = #expect(throws: WeightsError.self) { try config(text) }
        #expect(error?.code == .malformed && error?.location.byte == byte, "\(String(describing: error))")
    }

    @Test func escapesAndSurrogatePairs() throws {
        let config = try config(#"{"a": "\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é"}"#)
        #expect(try config.value("a", as: String.self) == "\"\\/\u{8}\u{C}\n\r\té😀é")
    }
}
