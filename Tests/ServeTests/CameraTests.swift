import Basics
import Control
import Foundation
import Settings
import TestTools
import Testing

/// Output as a camera, into a file that answers as v4l2loopback's device does.
@Suite struct CameraTests {
    @Test(.enabled(if: PreloadedLibrary.isPossible, "a C compiler is missing"))
    func takesEveryPicture() throws {
        let folder = Folder()
        let camera = folder.path("camera")
        _ = FileManager.default.createFile(atPath: camera, contents: nil)
        let output = "      - {to: camera, name: camera, format: v4l2, overwrite: true}"
        let daemon = try ServedDaemon(
            in: folder, configuration: "streams:\n" + configuration(outputs: output),
            environment: [
                "LD_PRELOAD": try PreloadedLibrary.make("camera", in: folder.path), "RESTYLED_TEST_CAMERA": camera,
            ])
        try daemon.wait(15) { $0.output("camera").count("written") >= 20 }
        let end = try daemon.end(SIGTERM)
        #expect(end.status == 0, "\(daemon.log)")
        #expect(try String(contentsOfFile: camera + ".format", encoding: .utf8) == "64 48 YU12")
        let books = try #require(end.statistics["main"]).output("camera")
        let size = try FileManager.default.attributesOfItem(atPath: camera)[.size] as? Int64
        #expect(size == (books.count("written") + books.count("repeated")) * 64 * 48 * 3 / 2)
        // Not black, and not one colour.
        let bytes = try Data(contentsOf: URL(fileURLWithPath: camera)).prefix(64 * 48)
        #expect(Set(bytes).count > 30)
    }

    @Test func somethingElseIsNoCamera() throws {
        let output = "      - {to: /dev/null, name: camera, format: v4l2}"
        let daemon = try ServedDaemon(configuration: "streams:\n" + configuration(outputs: output))
        let down = try daemon.wait(15) { $0.output("camera")["message"]?.string?.isEmpty == false }
        let message = try #require(down.output("camera")["message"]?.string)
        #expect(message.hasPrefix("/dev/null: is not a device of that kind; check the path"), "\(message)")
        #expect(try daemon.end(SIGTERM).status == 0)
    }
}
