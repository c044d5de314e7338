import Foundation
import TestTools
import Testing

@testable import Weights

@Suite struct FolderFilesTests {
    @Test func readsRangesAndFollowsLinks() throws {
        let folder = try TemporaryFolder()
        try folder.write("blobs/x", [1, 2, 3, 4])
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/link", withDestinationPath: "blobs/x")
        let files = FolderFiles(folder.path + "/", checksums: nil)
        #expect(files.exists("link") && !files.exists("other") && files.list("blobs") == ["x"])
        #expect(try files.open("link").read(1..<3) == [2, 3])
        #expect(try files.read("blobs/x") == [1, 2, 3, 4])
    }

    @Test func tellsWhatIsWrong() throws {
        let folder = try TemporaryFolder()
        let files = FolderFiles(folder.path, checksums: nil)
        mkfifo("\(folder.path)/fifo", 0o600)
        try folder.write("big", [UInt8](repeating: 0, count: 100))
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/dangling", withDestinationPath: "nowhere")
        for (path, code) in [
            ("missing", WeightsError.Code.notFound), ("fifo", .malformed), (".", .malformed), ("dangling", .notFound),
            ("big/inside", .notFound),
        ] as [(String, WeightsError.Code)] {
            let error = #expect(throws: WeightsError.self) { try files.read(path) }
            #expect(error?.code == code && error?.location.file == "\(folder.path)/\(path)")
        }
        #expect(throws: WeightsError.self) { try files.read("big", limit: 99) }
    }

    @Test func aFileThatChangesWhileInUseIsNoticed() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("weights", [UInt8](repeating: 1, count: 100))
        let file = try DiskFile(path, checksums: nil)
        #expect(try file.read(0..<100).count == 100)
        #expect(truncate(path, 50) == 0)
        let error = #expect(throws: WeightsError.self) { try file.read(0..<100) }
        #expect(error?.code == .unreadable)
    }

    @Test func identityFollowsContentAndIsRemembered() throws {
        let folder = try TemporaryFolder()
        let cache = ChecksumCache(folder: "\(folder.path)/cache/checksums")
        func identity(_ name: String, _ bytes: [UInt8]? = nil) throws -> String {
            if let bytes {
                try folder.write(name, bytes)
                // Long ago, so that it is remembered at once.
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: "\(folder.path)/\(name)")
            }
            return try DiskFile("\(folder.path)/\(name)", checksums: cache).contentIdentity
        }
        let one = try identity("a", [1, 2, 3])
        #expect(try identity("b", [1, 2, 3]) == one)
        #expect(try identity("c", [1, 2, 4]) != one)
        #expect(MemoryFile(name: "", bytes: [1, 2, 3]).contentIdentity == one)
        #expect(try identity("a") == one)
        #expect(try identity("a", [3, 2, 1]) != one)
    }

    @Test func rememberedIdentityIsTrustedOnlyForTheSameState() throws {
        let folder = try TemporaryFolder()
        let cache = ChecksumCache(folder: "\(folder.path)/cache")
        let path = try folder.write("a", [1])
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        let state = try #require(FileState(descriptor))
        #expect(cache.identity(of: state) == nil)
        // Too fresh to be remembered: another change could carry the same time.
        cache.remember("known", of: state)
        #expect(cache.identity(of: state) == nil)
        let old = FileState(copying: state, modified: 1, changed: 2)
        cache.remember("known", of: old)
        #expect(cache.identity(of: old) == "known")
        #expect(cache.identity(of: FileState(copying: state, modified: 1, changed: 3)) == nil)
    }
}
