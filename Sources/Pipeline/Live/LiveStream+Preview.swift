package import Basics
import Media

/// A picture of a stream as it is shown, for whoever looks beside the outputs.
package struct ShownPicture: Sendable {
    fileprivate let picture: Picture
    fileprivate let mask: Mask?
    /// Grows with every new picture of the stream.
    package let serial: Int64
    /// Monotonic; nil for a picture that no frame belongs to.
    package let captured: MonotonicTime?
}

extension LiveStream {
    /// Waits for a picture other than the one with this serial; one that is there already comes at once.
    /// - Returns: nil where none has come in time.
    package func picture(after serial: Int64?, until deadline: MonotonicTime) -> ShownPicture? {
        shared.wait { shared in
            if let last = shared.picture, last.serial != serial {
                return .done(
                    ShownPicture(
                        picture: last.picture, mask: mask, serial: last.serial,
                        captured: last.captured.map(MonotonicTime.init(nanoseconds:))))
            }
            return monotonicNow() >= deadline.nanoseconds ? .done(nil) : .retry(at: deadline.nanoseconds)
        }
    }
}

/// Makes JPEG files of a stream's pictures; for one thread.
package final class PicturePreviewer {
    /// Good enough to judge a style by; a picture at 640x360 takes some 20 KB.
    private static let quality = 4

    private struct Size: Hashable { let width, height: Int }

    private var encoders: [Size: JPEGEncoder] = [:]

    package init() {}

    /// The source's picture, or the restyled one as outputs have it, in the source's proportions.
    /// - Parameter width: at most so many pixels; one that is smaller is not enlarged.
    package func jpeg(
        of shown: ShownPicture, restyled: Bool, width: Int
    ) throws -> (data: [UInt8], width: Int, height: Int) {
        switch shown.picture {
        case .plain(let image):
            let size = size(of: image.width, image.height, within: width)
            return (try encoder(size).encode(image, width: size.width, height: size.height), size.width, size.height)
        case .restyled(let image, let frame, let blend) where restyled:
            let mask = try shown.mask?.image(width: frame.width, height: frame.height)
            let mixed = try image.mixed(over: frame, blend: blend, mask: mask)
            let size = size(of: frame.width, frame.height, within: min(width, mixed.width))
            return (try encoder(size).encode(mixed, width: size.width, height: size.height), size.width, size.height)
        case .source(let frame), .restyled(_, let frame, _):
            let size = size(of: frame.width, frame.height, within: width)
            return (try encoder(size).encode(frame, width: size.width, height: size.height), size.width, size.height)
        }
    }

    private func size(of width: Int, _ height: Int, within limit: Int) -> Size {
        let shown = min(width, limit)
        return Size(width: shown, height: max(1, (height * shown + width / 2) / width))
    }

    private func encoder(_ size: Size) -> JPEGEncoder {
        if let encoder = encoders[size] { return encoder }
        // Viewers ask for a few sizes; a source that changes its own does so rarely.
        if encoders.count >= 8 { encoders = [:] }
        let encoder = JPEGEncoder(quality: Self.quality)
        encoders[size] = encoder
        return encoder
    }
}
