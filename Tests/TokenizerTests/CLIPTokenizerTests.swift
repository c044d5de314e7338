import Basics
import Foundation
import Testing
import Weights

@testable import Tokenizer

@Suite struct CLIPTokenizerTests {
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    static let runsAll = ProcessInfo.processInfo.environment["RESTYLED_TEST_ALL"] == "1"

    /// One line of cases.json, as `make_fixtures.py` wrote it.
    struct Case: Decodable {
        let text: String
        let plain, padded: [Int]
        let real: String?

        init(from decoder: any Decoder) throws {
            var fields = try decoder.unkeyedContainer()
            text = try fields.decode(String.self)
            plain = try fields.decode([Int].self)
            padded = try fields.decodeIfPresent([Int].self) ?? plain
            real = try fields.decodeIfPresent(String.self)
        }
    }

    private func tokenizer(_ name: String) throws -> CLIPTokenizer {
        try CLIPTokenizer(name, of: FolderFiles(Self.fixtures.path))
    }

    private func cases() throws -> [Case] {
        try JSONDecoder().decode([Case].self, from: Data(contentsOf: Self.fixtures.appending(path: "cases.json")))
    }

    private func ids(_ tokenizer: CLIPTokenizer, _ text: String) -> [Int] {
        [tokenizer.startToken] + tokenizer.tokens(of: text) + [tokenizer.endToken]
    }

    /// As `make_fixtures.py` computes it: int32 ids, each list closed by -1.
    private func checksum(_ lists: some Sequence<[Int]>) -> String {
        var checksum = Checksum()
        for list in lists { (list + [-1]).map(Int32.init).withUnsafeBytes { checksum.update($0) } }
        let digits = String(checksum.value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    @Test(arguments: ["plain", "padded", "whole"])
    func idsEqualTransformers(_ name: String) throws {
        let tokenizer = try tokenizer(name)
        let cases = try cases()
        #expect(cases.count > 2000)
        for item in cases {
            let expected = name == "plain" ? item.plain : item.padded
            #expect(
                ids(tokenizer, item.text) == expected, "\(item.text.unicodeScalars.map { $0.escaped(asASCII: true) })")
        }
    }

    @Test func everyCodePointInFiveSurroundings() throws {
        let tokenizer = try tokenizer("plain")
        let file = Self.fixtures.appending(path: "scalars.json")
        let blocks = try JSONDecoder().decode([String].self, from: Data(contentsOf: file))
        #expect(blocks.count == 272)
        // By default the blocks that hold nearly all of the characters that change in some way, and a few others.
        for (block, expected) in blocks.enumerated() where Self.runsAll || block < 3 || block % 29 == 0 {
            let scalars = (block * 4096..<(block + 1) * 4096).compactMap { Unicode.Scalar($0) }
            guard !scalars.isEmpty else { continue }
            let found = scalars.lazy.flatMap { scalar in
                [
                    "\(scalar)", "x\(scalar)", "\(scalar)\u{301}", "q\u{301}\(scalar)\u{323}y",
                    "\u{1100}\(scalar)\u{11A8} 'S",
                ].map { ids(tokenizer, $0) }
            }
            #expect(checksum(found) == expected, "U+\(String(block * 4096, radix: 16)) and the 4095 after it")
        }
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["RESTYLED_CLIP_VOCABULARY"] != nil))
    func idsEqualTransformersInTheRealVocabulary() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["RESTYLED_CLIP_VOCABULARY"])
        let tokenizer = try CLIPTokenizer("", of: FolderFiles(folder))
        #expect(ids(tokenizer, "hello world!") == [49406, 3306, 1002, 256, 49407])
        for item in try cases() {
            #expect(try checksum([ids(tokenizer, item.text)]) == #require(item.real), "\(item.text)")
        }
    }

    @Test func shortPromptsArePadded() throws {
        let plain = try tokenizer("plain").encode("castle")
        let padded = try tokenizer("padded").encode("castle")
        #expect(plain.ids.count == 77 && padded.ids.count == 77)
        #expect(plain.tokenCount == 1 && plain.truncated == nil)
        let end = Int64(try tokenizer("plain").endToken)
        #expect(plain.ids[2...].allSatisfy { $0 == end })
        #expect(padded.ids[2] == end && padded.ids[3...].allSatisfy { $0 == 0 })
    }

    @Test func whatIsCutOffIsNamed() throws {
        let tokenizer = try tokenizer("plain")
        let exact = tokenizer.encode(Array(repeating: "castle", count: 75).joined(separator: " "))
        #expect(exact.truncated == nil && exact.tokenCount == 75 && exact.ids.last == Int64(tokenizer.endToken))
        let long = tokenizer.encode(Array(repeating: "castle", count: 75).joined(separator: " ") + " Émile's fox")
        #expect(long.truncated == "émile 's fox" && long.ids == exact.ids && long.tokenCount > 77)
    }

    @Test(
        arguments: [
            ("vocab.json", "[]", 0), ("vocab.json", #"{"a": -1}"#, 6), ("vocab.json", #"{"a": "1"}"#, 6),
            ("merges.txt", "#version: 0.2\na b c\n", 14), ("merges.txt", "#version: 0.2\n\na b\n", 14),
            ("merges.txt", "a b\n", nil), ("tokenizer_config.json", #"{"pad_token": "nowhere"}"#, 14),
            ("tokenizer_config.json", #"{"pad_token": 3}"#, 14),
            ("tokenizer_config.json", #"{"model_max_length": 2}"#, 21),
            ("tokenizer_config.json", #"{"added_tokens_decoder": {"0": {"content": "!", "lstrip": true}}}"#, 31),
            ("tokenizer.json", #"{"model": {}}"#, nil),
        ] as [(String, String, Int?)])
    func malformedFilesAreRefused(_ name: String, _ text: String, _ byte: Int?) throws {
        let vocabulary = #"{"a": 0, "b": 1, "<|startoftext|>": 2, "<|endoftext|>": 3, "!": 4}"#
        var files = ["vocab.json": Array(vocabulary.utf8), "merges.txt": []]
        files[name] = Array(text.utf8)
        let error = #expect(throws: WeightsError.self) { try CLIPTokenizer("", of: EmbeddedFiles(files)) }
        #expect(
            error?.location.file == "embedded/\(name)" && error?.location.byte == byte, "\(String(describing: error))")
    }
}
