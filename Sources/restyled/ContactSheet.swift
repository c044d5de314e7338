import Foundation
import Media

/// Pictures side by side, in rows, as one.
struct ContactSheet {
    let columns: Int
    let tileWidth: Int
    let tileHeight: Int
    private var tiles: [RGBImage] = []

    init(columns: Int, tileWidth: Int, tileHeight: Int) {
        (self.columns, self.tileWidth, self.tileHeight) = (columns, tileWidth, tileHeight)
    }

    mutating func add(_ image: RGBImage) throws {
        var scaler = Scaler()
        tiles.append(try scaler.image(from: image, width: tileWidth, height: tileHeight))
    }

    /// Where tiles are missing at the end it is black.
    var image: RGBImage {
        let rows = (tiles.count + columns - 1) / columns
        let width = columns * tileWidth
        var bytes = [UInt8](repeating: 0, count: width * rows * tileHeight * 3)
        for (index, tile) in tiles.enumerated() {
            let (row, column) = (index / columns, index % columns)
            for line in 0..<tileHeight {
                let source = line * tileWidth * 3
                let target = ((row * tileHeight + line) * width + column * tileWidth) * 3
                bytes.replaceSubrange(
                    target..<target + tileWidth * 3, with: tile.bytes[source..<source + tileWidth * 3])
            }
        }
        return RGBImage(width: width, height: rows * tileHeight, bytes: bytes)
    }

    /// As JPEG where the file's name says so, else as PNG.
    func write(to path: String, overwriting: Bool) throws {
        if !overwriting, FileManager.default.fileExists(atPath: path) {
            throw MediaError(.exists, "exists already; give -y to overwrite it, or another name", at: path)
        }
        let name = path.lowercased()
        let data = Data(try image.encoded(name.hasSuffix(".jpg") || name.hasSuffix(".jpeg") ? .jpeg : .png))
        do { try data.write(to: URL(fileURLWithPath: path)) } catch {
            throw MediaError(.cannotCreate, "can't be written: \(error.localizedDescription)", at: path)
        }
    }
}
