package import Media
package import Settings

/// Makes restyled pictures of source pictures. Streams that share a model each have their own.
///
/// One thread at a time calls `restyle`.
package protocol FrameRestyler: AnyObject, Sendable {
    /// The size of the pictures that `restyle` wants for a source of this size, in pixels.
    func workingSize(forSource width: Int, _ height: Int) -> (width: Int, height: Int)
    /// - Parameter image: of the working size.
    /// - Returns: the restyled picture, of the same size.
    func restyle(_ image: RGBImage, with settings: SettingsSnapshot) throws -> RGBImage
}
