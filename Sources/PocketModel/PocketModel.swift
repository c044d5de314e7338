import CPocketModel
import Foundation
public import Weights

/// The small model that comes inside the program: a diffusers folder like any other.
public enum PocketModel {
    /// What `--model` calls it.
    public static let name = "pocket"

    /// One of the styles it knows, with the wordings it was trained on.
    public struct Style: Decodable, Sendable {
        public let style: String
        public let wordings: [String]
    }

    /// The folder's files, under their paths in it.
    public static let files: any ModelFiles = {
        var files: [String: [UInt8]] = [:]
        var next = pocket_files()
        while let file = next?.pointee, let path = file.path, let bytes = file.bytes {
            files[String(cString: path)] = Array(UnsafeBufferPointer(start: bytes, count: file.byte_count))
            next = next?.successor()
        }
        return EmbeddedFiles(files, description: name)
    }()

    /// - Throws: `WeightsError` or a decoding error where the folder's own list is damaged.
    public static func styles() throws -> [Style] {
        try JSONDecoder().decode([Style].self, from: Data(try files.read("styles.json")))
    }
}
