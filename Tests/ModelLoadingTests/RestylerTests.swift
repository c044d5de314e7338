import Diffusion
import Foundation
import Glibc
import Graph
import ModelLoading
import Pipeline
import Settings
import Synchronization
import Testing

/// The real model's way with new settings: prompts are encoded where they are prepared, never where frames are made.
@Suite struct RestylerTests {
    @Test func aFrameEncodesNoPrompt() throws {
        let opened = try ModelChoice(model: "\(TestModel.folder)/sd-kl").open()
        // A prompt that is too long is warned of by the thread that encodes it.
        let encoders = Mutex<[pthread_t]>([])
        let loaded = try LoadedModel(
            opened.model, files: opened.tokenizers, engine: EngineChoice(.reference).make(),
            size: .init(width: 16, height: 16), warn: { _ in encoders.withLock { $0.append(pthread_self()) } })
        let restyler = try Restyler(loaded)
        let store = SettingsStore()
        let image = TestModel.source(16, 16)
        #expect(restyler.activate() == nil)
        #expect(throws: GraphError.self) { try restyler.restyle(image) }

        let first = store.snapshot()
        try restyler.prepare(first)
        #expect(restyler.activate() == first)
        let before = try restyler.restyle(image)

        var change = SettingsChange()
        try change.set("prompt", parsing: String(repeating: "snow ", count: 100))
        try change.set("seed", parsing: "7")
        store.apply(change)
        let second = store.snapshot()
        let failure = Mutex<(any Error)?>(nil)
        let isDone = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            do { try restyler.prepare(second) } catch { failure.withLock { $0 = error } }
            isDone.signal()
        }
        // In the middle of it or after it: not in force yet.
        #expect(try restyler.restyle(image) == before)
        isDone.wait()
        if let error = failure.withLock({ $0 }) { throw error }
        #expect(try restyler.restyle(image) == before)
        #expect(restyler.activate() == second)
        let after = try restyler.restyle(image)
        #expect(after != before)
        #expect(encoders.withLock { $0.count == 1 && $0[0] != pthread_self() })
        #expect(try Restyler(loaded).restyle(image, with: second) == after)
    }
}
