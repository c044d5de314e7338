import Foundation
import TestTools
import Testing

@testable import Weights

@Suite struct FolderFilesTests {
    @Test func readsRangesAndFollowsLinks() throws {
        let folder = try TemporaryFolder()
        try folder.write("blobs/x", [1, 2, 3, 4])
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/link", withDestinationPath: "blobs/x")
        let files = FolderFiles(folder.path + "/")
        #expect(files.exists("link") && !files.exists("other") && files.list("blobs") == ["x"])
        #expect(try files.open("link").read(1..<3) == [2, 3])
        #expect(try files.read("blobs/x") == [1, 2, 3, 4])
    }

    @Test func tellsWhatIsWrong() throws {
        let folder = try TemporaryFolder()
        let files = FolderFiles(folder.path)
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
        let file = try DiskFile(path)
        #expect(try file.read(0..<100).count == 100)
        #expect(truncate(path, 50) == 0)
        let error = #expect(throws: WeightsError.self) { try file.read(0..<100) }
        #expect(error?.code == .unreadable)
    }
}
