import EngineTools
import Foundation
import Graph
import Testing

@testable import OpenVINOEngine

@Suite final class CompiledModelCacheTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cache-\(UUID().uuidString)")

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func entries() throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    }

    /// A new engine's answer to a small graph.
    private func answer(factor: Float) throws -> [Double] {
        let engine = try OpenVINOEngine(options: OpenVINOOptions(threads: 1, cacheFolder: folder.path))
        let builder = GraphBuilder()
        let weight = builder.constant(InlineConstant([factor, -factor]), TensorType([2]), name: "weight")
        builder.output("y", try builder.multiply(builder.input("x", TensorType([2]), from: .frame), weight))
        let (x, y) = (try engine.makeBuffer(TensorType([2])), try engine.makeBuffer(TensorType([2])))
        try [Float](arrayLiteral: 1, 2).withUnsafeBytes { try x.write($0) }
        try engine.compile(builder.finish(), label: "cached").bind(["x": x, "y": y]).run()
        return try Comparison.numbers(in: y, TensorType([2]))
    }

    @Test func aSecondStartReadsWhatTheFirstWrote() throws {
        #expect(try answer(factor: 3) == [3, -6])
        let first = try entries()
        #expect(first.count == 1)
        #expect(try answer(factor: 3) == [3, -6])
        #expect(try entries() == first)
        // Other weights are another model.
        #expect(try answer(factor: 5) == [5, -10])
        #expect(try entries().count == 2)
    }

    @Test func aDamagedEntryIsMadeAnew() throws {
        _ = try answer(factor: 3)
        let entry = try #require(try entries().first)
        let whole = try Data(contentsOf: entry)
        for damaged in [Data(), whole.prefix(whole.count / 2), Data(whole.map { ~$0 })] {
            try damaged.write(to: entry)
            #expect(try answer(factor: 3) == [3, -6])
        }
    }

    @Test func onlySmallModelsInFloat32AreKept() throws {
        let cache = try #require(CompiledModelCache(folder.path))
        #expect(cache.takes(CompiledModelCache.largestModel, .float32))
        #expect(!cache.takes(CompiledModelCache.largestModel + 1, .float32))
        #expect(!cache.takes(1, .bfloat16) && !cache.takes(1, .float16))
    }

    @Test func theLeastRecentlyUsedGoFirst() throws {
        let cache = try #require(CompiledModelCache(folder.path))
        for (index, name) in ["old", "new", "middle"].enumerated() {
            let file = folder.appendingPathComponent(name)
            try Data(count: 100).write(to: file)
            let used = Int(Date().timeIntervalSince1970) - [300, 0, 60][index]
            var times = [timespec(tv_sec: used, tv_nsec: 0), timespec(tv_sec: used, tv_nsec: 0)]
            #expect(utimensat(AT_FDCWD, file.path, &times, 0) == 0)
        }
        cache.prune(to: 250)
        #expect(try entries().map(\.lastPathComponent).sorted() == ["middle", "new"])
    }

    @Test func aStartWithoutACacheIsOnlySlower() throws {
        try Data().write(to: folder)
        #expect(CompiledModelCache(folder.path) == nil)
        #expect(try answer(factor: 3) == [3, -6])
    }
}
