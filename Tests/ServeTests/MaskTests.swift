import Basics
import Control
import Foundation
import Media
import Settings
import Testing

/// A mask keeps a part of the source, live as in a recorded film.
@Suite struct MaskTests {
    @Test func keepsTheSourceWhereItIsBlack() throws {
        let folder = Folder()
        // Of another size than the source's: black on the left, white on the right.
        var mask = RGBImage(width: 32, height: 16)
        for index in mask.bytes.indices where index / 3 % 32 >= 16 { mask.bytes[index] = 255 }
        try Data(mask.png()).write(to: URL(fileURLWithPath: folder.path("hud.png")))
        let stream = configuration(capture: Capture.words("color=orange:size=128x64:rate=15"), more: "mask: hud.png")
        let daemon = try ServedDaemon(in: folder, configuration: "streams:\n" + stream)
        try daemon.wait(15) { $0.count("restyled") >= 2 }
        func picture(_ name: String) throws -> RGBImage {
            let text = try #require(try daemon.call(.snapshot, ["picture": .string(name)])["data"]?.string)
            try #require(Data(base64Encoded: text)).write(to: URL(fileURLWithPath: folder.path("\(name).png")))
            let source = try VideoSource(folder.path("\(name).png"))
            guard case .frame(let frame)? = try source.next() else { throw CocoaError(.fileReadCorruptFile) }
            var scaler = Scaler()
            return try scaler.image(from: frame, width: 128, height: 64)
        }
        let (source, restyled) = try (picture("source"), picture("restyled"))
        func differ(_ columns: Range<Int>) -> Bool {
            (0..<64 * 128 * 3).contains { columns.contains($0 / 3 % 128) && source.bytes[$0] != restyled.bytes[$0] }
        }
        // The border is soft: the mask was scaled up.
        #expect(!differ(0..<56))
        #expect(differ(72..<128))
        #expect(try daemon.end(SIGTERM).status == 0)
    }

    @Test func aMissingOneIsTold() throws {
        let daemon = try ServedDaemon(["-i", "in.fifo", "-o", "out.mkv", "--mask", "none.png"] + ServedDaemon.model)
        #expect(try daemon.ended().status == 66)
        #expect(daemon.log.contains("none.png: no such file; check the path"), "\(daemon.log)")
    }
}
