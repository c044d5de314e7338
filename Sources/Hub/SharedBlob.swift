import Foundation
import Synchronization

/// A `BlobFile` that the thread of the network writes to.
final class SharedBlob: Sendable {
    private let file: Mutex<BlobFile?>

    init(_ file: consuming BlobFile) { self.file = Mutex(file) }

    var byteCount: Int { file.withLock { $0?.byteCount ?? 0 } }

    func write(_ data: Data, at offset: Int) throws { try file.withLock { try $0?.write(data, at: offset) } }

    func finish() throws {
        try file.withLock { file in
            guard let whole = file.take() else { return }
            try whole.finish()
        }
    }
}
