package import Media

/// Where to restyle: white does, black keeps the source, such as a game's HUD, and greys blend.
package struct Mask: Sendable {
    private let image: RGBImage

    /// Reads the first picture of a file.
    /// - Throws: `MediaError` where there is none.
    package init(contentsOf path: String) throws {
        let source = try VideoSource(path)
        while let item = try source.next() {
            guard case .frame(let frame) = item else { continue }
            var scaler = Scaler()
            image = try scaler.image(from: frame, width: frame.width, height: frame.height)
            return
        }
        throw MediaError(.noVideo, "holds no picture; a mask is a PNG, white where to restyle", at: path)
    }

    /// The mask for pictures of this size.
    package func image(width: Int, height: Int) throws -> RGBImage {
        var scaler = Scaler()
        return try scaler.image(from: image, width: width, height: height)
    }
}
