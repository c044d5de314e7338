import CDemoClip
import Control
import Foundation

/// The clip of a game that comes inside the program.
enum DemoClip {
    /// A file in memory, there as long as the process is: an installed program has no folder that the clip could lie in.
    static func path() throws -> String {
        let descriptor = demo_clip_file()
        guard descriptor >= 0 else {
            throw ControlError(.failed, "there is no room for the clip: \(String(cString: strerror(errno)))")
        }
        return "/proc/self/fd/\(descriptor)"
    }
}
