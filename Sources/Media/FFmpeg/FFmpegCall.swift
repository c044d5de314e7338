import CFFmpeg
import CFFmpegShims

/// FFmpeg's error codes that the program acts on.
enum AVError {
    static let endOfFile = restyled_averror_eof()
    static let exit = restyled_averror_exit()
    static let tryAgain = restyled_averror_eagain()
    static let invalidData = restyled_averror_invaliddata()

    static func posix(_ number: Int32) -> Int32 { restyled_averror(number) }

    static func text(_ code: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            restyled_strerror(code, buffer.baseAddress!, buffer.count)
            return String(cString: buffer.baseAddress!)
        }
    }
}

let noTimestamp = restyled_nopts()

/// FFmpeg's last log line of error level on this thread, which often says more than the code.
func takeLogLine() -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
        restyled_log_take(buffer.baseAddress!, buffer.count) > 0 ? String(cString: buffer.baseAddress!) : nil
    }
}

/// Keeps FFmpeg off stderr; its words come back as the causes of errors.
private let logIsInstalled: Void = restyled_log_install()
func quietFFmpeg() { _ = logIsInstalled }

/// Turns a negative return code into an error that carries the call's name and FFmpeg's own words.
/// - Parameters:
///   - call: the C function's name.
///   - message: what that means to the user and the remedy; a general sentence is found if there is none.
@discardableResult
func check(
    _ call: StaticString, _ code: Int32, at location: String = "", as kind: MediaError.Code? = nil,
    _ message: String? = nil
) throws(MediaError) -> Int32 {
    guard code < 0 else { return code }
    throw failure(call, code, at: location, as: kind, message)
}

func failure(
    _ call: StaticString, _ code: Int32, at location: String = "", as kind: MediaError.Code? = nil,
    _ message: String? = nil
) -> MediaError {
    let words = AVError.text(code)
    let cause = takeLogLine().map { "\(call): \(words); \($0)" } ?? "\(call): \(words)"
    let (general, sentence) = meaning(of: code)
    return MediaError(kind ?? general, message ?? sentence, cause: cause, at: location)
}

/// What a code means to the user wherever it comes from.
private func meaning(of code: Int32) -> (MediaError.Code, String) {
    switch code {
    case AVError.exit: (.cancelled, "stopped")
    case AVError.invalidData: (.invalidData, "the data is damaged or not what it claims to be; try playing it first")
    case AVError.endOfFile: (.truncated, "the data ends too early; it was cut off or is still being written")
    case AVError.posix(ENOENT): (.notFound, "no such file; check the path")
    case AVError.posix(EACCES), AVError.posix(EPERM): (.permission, "permission denied; check who may read or write it")
    case AVError.posix(EEXIST): (.exists, "exists already; give -y to overwrite it")
    case AVError.posix(ENOTTY): (.badOption, "is not a device of that kind; check the path")
    case AVError.posix(EISDIR): (.cannotCreate, "is a folder; name a file")
    case AVError.posix(ENOSPC), AVError.posix(EDQUOT), AVError.posix(EFBIG):
        (.diskFull, "no room left; free some space and run again")
    case AVError.posix(ETIMEDOUT): (.timedOut, "nothing came or went for too long; check the other end")
    case AVError.posix(ECONNREFUSED), AVError.posix(ECONNRESET), AVError.posix(EPIPE), AVError.posix(EHOSTUNREACH):
        (.inputOutput, "the other end is gone; check that it is running")
    case AVError.posix(ENOMEM): (.internal, "out of memory; try a smaller size")
    default: (.inputOutput, "FFmpeg could not do it")
    }
}

/// What FFmpeg this program runs with.
package enum FFmpegVersion {
    /// "libavformat 59.27.100", for each of the libraries in use.
    package static var linked: [String] {
        [
            ("libavformat", avformat_version()), ("libavcodec", avcodec_version()), ("libavutil", avutil_version()),
            ("libswscale", swscale_version()),
        ].map { name, version in "\(name) \(version >> 16).\(version >> 8 & 255).\(version & 255)" }
    }

    package static func hasEncoder(_ name: String) -> Bool { avcodec_find_encoder_by_name(name) != nil }

    /// The names of all encoders of video, sorted.
    package static var videoEncoders: [String] {
        var (position, names): (UnsafeMutableRawPointer?, [String]) = (nil, [])
        while let codec = av_codec_iterate(&position) {
            guard av_codec_is_encoder(codec) != 0, codec.pointee.type == AVMEDIA_TYPE_VIDEO else { continue }
            names.append(String(cString: codec.pointee.name))
        }
        return names.sorted()
    }
}
