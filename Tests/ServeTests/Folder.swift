import Foundation

/// A folder that is gone with its last user.
final class Folder {
    let path = NSTemporaryDirectory() + "restyled-serve-\(UUID().uuidString.prefix(13))"

    init() { try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { "\(path)/\(name)" }
}
