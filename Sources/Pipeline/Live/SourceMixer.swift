import Media

/// Lays restyled pictures over their sources at the source's own size, which is as sharp as what is kept of it is meant
/// to be. A source may change its size at any time.
struct SourceMixer {
    private let mask: Mask?
    private var mixer: PictureMixer?

    init(mask: Mask?) { self.mask = mask }

    /// - Parameter blend: 0 … 1, the source's share.
    /// - Returns: the source and the mix; nil where nothing of the source is to be seen.
    mutating func mix(
        _ restyled: RGBImage, over frame: Frame, blend: Double, _ scaler: inout Scaler
    ) throws -> (source: RGBImage, mixed: RGBImage)? {
        let mixer = try mixer(width: frame.width, height: frame.height)
        guard mixer.needsSource(blend: blend) else { return nil }
        let source = try scaler.image(from: frame, width: frame.width, height: frame.height)
        let large = try scaler.image(from: restyled, width: frame.width, height: frame.height)
        return (source, mixer.mix(restyled: large, source: source, blend: blend))
    }

    private mutating func mixer(width: Int, height: Int) throws -> PictureMixer {
        if let mixer, mixer.width == width, mixer.height == height { return mixer }
        let made = PictureMixer(
            width: width, height: height, mask: try mask?.image(width: width, height: height))
        mixer = made
        return made
    }
}
