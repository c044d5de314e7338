import Glibc
import Media
import Settings

@testable import Pipeline

/// Stands in for a model: the negative of the picture, after a while.
final class InvertingRestyler: FrameRestyler {
    let milliseconds: UInt32
    init(milliseconds: UInt32 = 0) { self.milliseconds = milliseconds }

    func workingSize(forSource width: Int, _ height: Int) -> (width: Int, height: Int) { (64, 48) }

    func restyle(_ image: RGBImage, with settings: SettingsSnapshot) throws -> RGBImage {
        if settings.settings.prompt == Prompt("fail") { throw MediaError(.internal, "told to fail") }
        usleep(milliseconds * 1000)
        var result = image
        for index in result.bytes.indices { result.bytes[index] = 255 - result.bytes[index] }
        return result
    }
}
