import Diffusion
import EngineTools
import Foundation
import Media
import Testing
import Weights

@testable import Pipeline

/// What controls look at.
@Suite struct ControlImageTests {
    private struct Canny: Decodable {
        let width, height, low, high: Int
    }

    private static let folder = "\(Fixture.folder)/controls"

    /// Game-like pictures, with thresholds that find few and many edges, against cv2.Canny.
    @Test func cannyFindsOpenCVsEdges() throws {
        let cases = try JSONDecoder().decode(
            [Canny].self, from: Data(contentsOf: URL(filePath: "\(Self.folder)/canny.json")))
        let tensors = try SafetensorsFile(FolderFiles(Self.folder).open("canny.safetensors")).tensors
        #expect(cases.count == 4)
        for (index, test) in cases.enumerated() {
            func bytes(_ name: String) throws -> [UInt8] {
                try #require(tensors.first { $0.name == "\(index).\(name)" }).bytes()
            }
            let frame = RGBImage(width: test.width, height: test.height, bytes: try bytes("frame"))
            let expected = try bytes("edges")
            let picture = ControlImage.canny(low: test.low, high: test.high).picture(of: frame)
            #expect(picture.width == test.width && picture.height == test.height)
            let same = expected.indices.filter { pixel in
                (0..<3).allSatisfy { picture.bytes[3 * pixel + $0] == expected[pixel] }
            }
            #expect(Double(same.count) >= 0.999 * Double(expected.count), "case \(index): \(same.count) pixels")
            #expect(expected.contains(255) && expected.contains(0))
        }
    }

    /// Left black, right white: one step, in the middle.
    private static let step = RGBImage(
        width: 32, height: 16, bytes: (0..<32 * 16).flatMap { [UInt8](repeating: $0 % 32 < 16 ? 0 : 255, count: 3) })

    @Test func edgesAreWhereThePictureChanges() {
        let edges = ControlImage.edges.picture(of: Self.step)
        for x in 0..<32 { #expect(edges.bytes[(5 * 32 + x) * 3] == (x == 15 || x == 16 ? 255 : 0)) }
        let canny = ControlImage.canny.picture(of: Self.step)
        #expect((0..<32).filter { canny.bytes[(5 * 32 + $0) * 3] == 255 } == [15])
    }

    @Test func lumaWeighsTheColours() {
        let colours: [[UInt8]] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [10, 10, 10]]
        let picture = ControlImage.luma.picture(of: RGBImage(width: 5, height: 1, bytes: colours.flatMap { $0 }))
        #expect(picture.bytes == [76, 150, 29, 255, 10].flatMap { [UInt8]($0, $0, $0) })
    }

    /// No detail finer than a tile is left, colours stay, and what has none stays as it is.
    @Test func tilesAreSmooth() {
        let plain = RGBImage(width: 21, height: 13, red: 200, green: 30, blue: 7)
        #expect(ControlImage.tile.picture(of: plain) == plain)
        let stripes = RGBImage(
            width: 64, height: 16, bytes: (0..<64 * 16).flatMap { [UInt8](repeating: $0 % 2 == 0 ? 0 : 200, count: 3) })
        #expect(ControlImage.tile.picture(of: stripes).bytes.allSatisfy { $0 == 100 })
        let soft = ControlImage.tile.picture(of: Self.step)
        let row = (0..<32).map { soft.bytes[(5 * 32 + $0) * 3] }
        #expect(row == row.sorted() && row[0] == 0 && row[31] == 255 && Set(row).count > 6)
    }

    @Test func noneIsTheFrameItself() {
        #expect(ControlImage.none.picture(of: Self.step) == Self.step)
    }
}

extension [UInt8] {
    fileprivate init(_ a: UInt8, _ b: UInt8, _ c: UInt8) { self = [a, b, c] }
}
