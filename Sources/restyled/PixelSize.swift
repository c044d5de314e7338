import ArgumentParser
import Settings

/// `512x288` or `720p` on a command line.
struct PixelSize: ExpressibleByArgument, CustomStringConvertible {
    let width: Int
    let height: Int

    init?(argument: String) {
        if let size = StreamConfiguration.Size(parsing: argument.lowercased()) {
            (width, height) = (size.width, size.height)
            return
        }
        let sides = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false)
        guard sides.count == 2, let width = Int(sides[0]), let height = Int(sides[1]), (1...65_536).contains(width),
            (1...65_536).contains(height)
        else { return nil }
        (self.width, self.height) = (width, height)
    }

    var description: String { "\(width)x\(height)" }
}
