import Glibc
import Media
import Settings
import Synchronization

@testable import Pipeline

/// Stands in for a model: the negative of the picture, after a while.
final class InvertingRestyler: FrameRestyler {
    struct Failure: Error, CustomStringConvertible { let description = "told to fail" }

    let milliseconds: UInt32
    /// What `prepare` takes.
    let preparing: UInt32
    private let settings = Mutex<(ready: SettingsSnapshot?, active: SettingsSnapshot?)>((nil, nil))
    /// The threads that prepared and restyled.
    let threads = Mutex<(preparing: Set<pthread_t>, restyling: Set<pthread_t>)>(([], []))
    let prepared = Atomic<Int>(0)

    init(milliseconds: UInt32 = 0, preparing: UInt32 = 0) {
        (self.milliseconds, self.preparing) = (milliseconds, preparing)
    }

    func workingSize(forSource width: Int, _ height: Int) -> (width: Int, height: Int) { (64, 48) }

    func prepare(_ snapshot: SettingsSnapshot) throws {
        _ = threads.withLock { $0.preparing.insert(pthread_self()) }
        if snapshot.settings.prompt == Prompt("fail") { throw Failure() }
        usleep(preparing * 1000)
        prepared.add(1, ordering: .relaxed)
        settings.withLock { $0.ready = snapshot }
    }

    func activate() -> SettingsSnapshot? {
        settings.withLock { settings in
            settings.active = settings.ready ?? settings.active
            return settings.active
        }
    }

    func restyle(_ input: ModelInput) throws -> RGBImage {
        _ = threads.withLock { $0.restyling.insert(pthread_self()) }
        usleep(milliseconds * 1000)
        var result = input.image
        for index in result.bytes.indices { result.bytes[index] = 255 - result.bytes[index] }
        return result
    }
}
