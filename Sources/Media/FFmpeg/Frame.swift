import CFFmpeg

/// A decoded picture with its place in time. Its pixels stay as the decoder left them until a `Scaler` turns them
/// into an `RGBImage`.
///
/// `@unchecked Sendable`: it is handed from thread to thread whole and never used by two at a time; what it points to
/// is reference-counted by FFmpeg, atomically.
package final class Frame: @unchecked Sendable {
    let handle: UnsafeMutablePointer<AVFrame>
    /// When it is shown, in ticks of the source's `timeBase` from the start of what is read. Strictly increasing.
    package internal(set) var pts: Int64 = 0
    /// For how long, in the same ticks; a guess from the frame rate where the input does not say.
    package internal(set) var duration: Int64 = 0
    /// How it must be turned to be upright.
    var orientation = Orientation.upright

    init() throws {
        guard let handle = av_frame_alloc() else { throw outOfMemory() }
        self.handle = handle
    }

    deinit {
        var handle: UnsafeMutablePointer<AVFrame>? = handle
        av_frame_free(&handle)
    }

    /// Pixels across once upright.
    package var width: Int { Int(orientation.swapsAxes ? handle.pointee.height : handle.pointee.width) }
    /// Pixels down once upright.
    package var height: Int { Int(orientation.swapsAxes ? handle.pointee.width : handle.pointee.height) }

    /// The decoder says that part of this picture is made up, because the data was damaged.
    package var isDamaged: Bool {
        handle.pointee.decode_error_flags != 0 || handle.pointee.flags & Int32(AV_FRAME_FLAG_CORRUPT) != 0
    }

    var format: AVPixelFormat { AVPixelFormat(rawValue: handle.pointee.format) }
}
