import Foundation

/// What `make_fixtures.py` wrote.
enum Fixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path
}
