import CFFmpeg

/// What an input did not give although it should have. FFmpeg's own tool keeps silent about most of it.
package struct SourceLosses: Sendable {
    /// Frames that were decoded from damaged data, and delivered.
    package internal(set) var damagedFrames = 0
    /// Pieces of video that could not be decoded at all.
    package internal(set) var undecodable = 0
    /// Packets that the container flagged as damaged or cut.
    var damagedPackets = 0
    /// Places where the container makes no sense, which were passed over with whatever they held.
    var brokenPlaces = 0
    /// What FFmpeg said of the first of them.
    var complaint: String?
    /// Why reading ended early.
    var readError: MediaError?
    private var firstError: MediaError?
    private var sawGoodFrame = false

    /// A recording joined in the middle begins with pieces that refer to what is not there; they are not damage.
    mutating func note(_ error: MediaError) {
        if firstError == nil { firstError = error }
        if sawGoodFrame { undecodable += 1 }
    }

    mutating func note(_ frame: Frame) {
        if !frame.isDamaged { sawGoodFrame = true } else if sawGoodFrame { damagedFrames += 1 }
    }

    /// The one sentence at the end, if there is something to say.
    func error(_ progress: ReadingProgress, at location: String) -> MediaError? {
        let cause = readError?.cause ?? firstError?.cause ?? complaint
        if !progress.hasFrames {
            return MediaError(
                readError?.code ?? .invalidData,
                readError?.message ?? "not one frame could be decoded; try playing it, or repair it with ffmpeg",
                cause: cause, at: location)
        }
        if let readError, readError.code != .invalidData {
            return MediaError(
                readError.code,
                "reading stopped at \(progress.endText): \(readError.message); everything before it was read",
                cause: cause, at: location)
        }
        if let missing = progress.missing {
            return MediaError(
                .truncated,
                "the input is cut off: it ends at \(progress.endText), \(missing) before its header says; "
                    + "everything before it was read",
                cause: cause, at: location)
        }
        if let readError {
            return MediaError(
                .truncated, "the input is damaged at \(progress.endText) and ends there; everything before it was read",
                cause: readError.cause, at: location)
        }
        let found = [
            (damagedFrames, "damaged frame"), (undecodable, "video packet that can't be decoded"),
            (damagedPackets, "incomplete packet"), (brokenPlaces, "unreadable place"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
        guard !found.isEmpty else { return nil }
        return MediaError(
            .invalidData, "the input is damaged: \(found.joined(separator: ", ")); everything else was read",
            cause: cause, at: location)
    }
}
