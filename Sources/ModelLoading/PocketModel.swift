import CPocketModel
package import Weights

/// The small model that comes inside the program: a diffusers folder like any other.
package enum PocketModel {
    /// What `--model` calls it.
    package static let name = "pocket"

    /// The folder's files, under their paths in it.
    package static let files: any ModelFiles = {
        var files: [String: [UInt8]] = [:]
        var next = pocket_files()
        while let file = next?.pointee, let path = file.path, let bytes = file.bytes {
            files[String(cString: path)] = Array(UnsafeBufferPointer(start: bytes, count: file.byte_count))
            next = next?.successor()
        }
        return EmbeddedFiles(files, description: name)
    }()
}
