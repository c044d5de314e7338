import Glibc
import Graph
import Media
import Settings
import Synchronization

@testable import Pipeline

/// A device that sleeps over each frame, and is lost after some.
final class StubSeat: FrameRestyler {
    private let restyler: InvertingRestyler
    private let lifetime: Int
    let restyled = Atomic<Int>(0)

    init(milliseconds: UInt32, lostAfter lifetime: Int = .max) {
        (restyler, self.lifetime) = (InvertingRestyler(milliseconds: milliseconds), lifetime)
    }

    func workingSize(forSource width: Int, _ height: Int) -> (width: Int, height: Int) {
        restyler.workingSize(forSource: width, height)
    }
    func prepare(_ snapshot: SettingsSnapshot) throws { try restyler.prepare(snapshot) }
    func activate() -> SettingsSnapshot? { restyler.activate() }

    func restyle(_ image: RGBImage) throws -> RGBImage {
        let result = try restyler.restyle(image)
        guard restyled.add(1, ordering: .relaxed).newValue <= lifetime else {
            throw EngineError(.deviceLost, "the stub's device is lost")
        }
        return result
    }
}
