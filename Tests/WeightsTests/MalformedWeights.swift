import Graph

@testable import Weights

/// Files that must be refused: what is wrong with each, its bytes, and what the error must name.
struct MalformedWeights: CustomStringConvertible, Sendable {
    let description: String
    let bytes: [UInt8]
    let code: WeightsError.Code
    let tensor: String?
    let byte: Int?

    private init(
        _ description: String, _ bytes: [UInt8], _ tensor: String?, _ byte: Int?, _ code: WeightsError.Code = .malformed
    ) {
        (self.description, self.bytes, self.code) = (description, bytes, code)
        (self.tensor, self.byte) = (tensor, byte)
    }

    private static func header(_ text: String, data: Int = 0) -> [UInt8] {
        SafetensorsBuilder.file(text, [UInt8](repeating: 0, count: data))
    }

    /// One tensor "a" of the given entry, over `data` bytes.
    private static func entry(_ text: String, data: Int = 4) -> [UInt8] { header("{\"a\":\(text)}", data: data) }

    private static let good = #"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#
    private static func good(_ start: Int, _ end: Int) -> String {
        "{\"dtype\":\"F32\",\"shape\":[\((end - start) / 4)],\"data_offsets\":[\(start),\(end)]}"
    }

    /// Refused as soon as the file is opened.
    static let files: [MalformedWeights] = [
        MalformedWeights("empty", [], nil, 0),
        MalformedWeights("shorter than the header's length", [1, 2, 3], nil, 3),
        MalformedWeights("nothing but a length", SafetensorsBuilder.file("", length: 2), nil, 0),
        MalformedWeights("header of no bytes", SafetensorsBuilder.file(""), nil, 8),
        MalformedWeights("header beyond the file's end", SafetensorsBuilder.file("{}", length: 3), nil, 0),
        MalformedWeights("giant header", SafetensorsBuilder.file("{}", length: 1 << 40), nil, 0),
        MalformedWeights("header of 2⁶⁴ - 1 bytes", SafetensorsBuilder.file("{}", length: .max), nil, 0),
        MalformedWeights("header of 2⁶³ bytes", SafetensorsBuilder.file("{}", length: 1 << 63), nil, 0),
        MalformedWeights(
            "header just above the format's bound", SafetensorsBuilder.file("{}", length: 100_000_001), nil, 0),
        MalformedWeights(
            "Git LFS pointer", Array("version https://git-lfs.github.com/spec/v1\noid sha256:0".utf8), nil, 0),
        MalformedWeights("web page", Array("<!DOCTYPE html><html><body>Sign in</body></html>".utf8), nil, 0),
        MalformedWeights("PyTorch archive", Array("PK\u{3}\u{4}0000000000000000".utf8), nil, 0, .unsupported),
        MalformedWeights(
            "bare pickle", [0x80, 2] + Array("ctorch._utils\n_rebuild_tensor".utf8), nil, 0, .unsupported),
        MalformedWeights(
            "GGUF", Array("GGUF\u{3}\0\0\0".utf8) + [UInt8](repeating: 1, count: 30), nil, 0, .unsupported),
        MalformedWeights("header that is an array", header("[]"), nil, 8),
        MalformedWeights("header that starts with a space", header(" {}"), nil, 8),
        MalformedWeights("header that is cut off", header("{\"a\":{\"dtype\":\"F32\""), "a", 27),
        MalformedWeights("header followed by more", header("{}x"), nil, 10),
        MalformedWeights("header padded with NUL", header("{}\0\0"), nil, 10),
        MalformedWeights(
            "name that is not UTF-8",
            SafetensorsBuilder.file("{\"~\":\(good)}", [0, 0, 0, 0]).map { $0 == 0x7E ? 0xFF : $0 }, nil, 9),
        MalformedWeights("name with a NUL", entry(good).replacing([0x61], with: [0x00]), nil, 10),
        MalformedWeights("name with an escaped NUL", header("{\"a\\u0000\":\(good)}", data: 4), nil, 11),
        MalformedWeights("duplicate tensor", header("{\"a\":\(good(0, 4)),\"a\":\(good(4, 8))}", data: 8), nil, 62),
        MalformedWeights(
            "duplicate tensor spelt with an escape", header("{\"a\":\(good(0, 4)),\"\\u0061\":\(good(4, 8))}", data: 8),
            nil, 62),
        MalformedWeights(
            "duplicate key in an entry", entry(#"{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}"#), "a",
            28),
        MalformedWeights("duplicate metadata", header(#"{"__metadata__":{"a":"","a":""}}"#), nil, 32),
        MalformedWeights("metadata that is no string", header(#"{"__metadata__":{"a":1}}"#), nil, 29),
        MalformedWeights("nested too deep", header("{\"a\":" + String(repeating: "[", count: 500)), "a", 13),
        MalformedWeights("entry that is no object", entry("1"), "a", 13),
        MalformedWeights("entry without dtype", entry(#"{"shape":[1],"data_offsets":[0,4]}"#), "a", 9),
        MalformedWeights("entry without shape", entry(#"{"dtype":"F32","data_offsets":[0,4]}"#), "a", 9),
        MalformedWeights("entry without offsets", entry(#"{"dtype":"F32","shape":[1]}"#), "a", 9),
        MalformedWeights(
            "entry with an unknown key", entry(#"{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}"#), "a", 61),
        MalformedWeights("unknown dtype", entry(#"{"dtype":"F31","shape":[1],"data_offsets":[0,4]}"#), "a", 14),
        MalformedWeights("dtype that is a number", entry(#"{"dtype":32,"shape":[1],"data_offsets":[0,4]}"#), "a", 22),
        MalformedWeights("negative extent", entry(#"{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}"#), "a", 37),
        MalformedWeights("fractional extent", entry(#"{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}"#), "a", 37),
        MalformedWeights(
            "extent with an exponent", entry(#"{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}"#), "a", 37),
        MalformedWeights(
            "extent with a leading zero", entry(#"{"dtype":"F32","shape":[01],"data_offsets":[0,4]}"#), "a", 38),
        MalformedWeights(
            "extent beyond 64 bits", entry(#"{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}"#),
            "a", 37),
        MalformedWeights(
            "shape whose product overflows",
            entry(#"{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}"#), "a", 9),
        MalformedWeights(
            "shape whose product overflows to the right size",
            entry(#"{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}"#), "a", 9),
        MalformedWeights(
            "empty shape with an overflowing stride",
            entry(#"{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}"#, data: 0), "a", 9),
        MalformedWeights(
            "too many axes", entry(#"{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}"#), "a", 53),
        MalformedWeights(
            "shape too large for its bytes", entry(#"{"dtype":"F32","shape":[2],"data_offsets":[0,4]}"#), "a", 9),
        MalformedWeights(
            "shape too small for its bytes", entry(#"{"dtype":"F32","shape":[1],"data_offsets":[0,8]}"#, data: 8), "a",
            9),
        MalformedWeights(
            "dtype too small for its bytes", entry(#"{"dtype":"F16","shape":[1],"data_offsets":[0,4]}"#), "a", 9),
        MalformedWeights("half bytes", entry(#"{"dtype":"F4","shape":[3],"data_offsets":[0,1]}"#, data: 1), "a", 9),
        MalformedWeights("one offset", entry(#"{"dtype":"F32","shape":[1],"data_offsets":[4]}"#), "a", 9),
        MalformedWeights("three offsets", entry(#"{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}"#), "a", 60),
        MalformedWeights(
            "offsets that run backwards", entry(#"{"dtype":"F32","shape":[1],"data_offsets":[4,0]}"#), "a", 9),
        MalformedWeights("negative offset", entry(#"{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}"#), "a", 56),
        MalformedWeights(
            "offset of 2⁶³ - 1", entry(#"{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775807]}"#), "a", 9),
        MalformedWeights("data cut short", entry(good, data: 3), "a", 9),
        MalformedWeights("data missing", entry(good, data: 0), "a", 9),
        MalformedWeights("more data than tensors", entry(good, data: 5), "a", 66),
        MalformedWeights("data and no tensors", header("{}", data: 1), nil, 10),
        MalformedWeights("overlap", header("{\"a\":\(good(0, 8)),\"b\":\(good(4, 12))}", data: 12), "b", 120),
        MalformedWeights("same bytes twice", header("{\"a\":\(good(0, 4)),\"b\":\(good(0, 4))}", data: 4), "b", 115),
        MalformedWeights("hole at the start", header("{\"a\":\(good(4, 8))}", data: 8), "a", 62),
        MalformedWeights(
            "hole between tensors", header("{\"a\":\(good(0, 4)),\"b\":\(good(8, 12))}", data: 12), "b", 120),
    ]
}
