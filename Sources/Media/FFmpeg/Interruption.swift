import Basics
import CFFmpeg
import Synchronization

/// The one way out of a blocking FFmpeg call: a monotonic deadline, and a flag that any thread may raise.
///
/// FFmpeg polls it from inside the call through a pointer, so it is a class with a stable address.
package final class Interruption: Sendable {
    /// Monotonic nanoseconds; 0 is never.
    private let deadline = Atomic<Int64>(0)
    private let cancelled = Atomic<Bool>(false)

    package init() {}

    /// Makes the call under way, and every later one, end with `MediaError.Code.cancelled`.
    package func cancel() { cancelled.store(true, ordering: .releasing) }
    package var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    var isDue: Bool {
        let due = deadline.load(ordering: .relaxed)
        return due != 0 && MonotonicTime.now.nanoseconds >= due
    }
    var shouldStop: Bool { isCancelled || isDue }

    /// Lets an FFmpeg call take `seconds` at most; `nil` is for ever.
    func within(_ seconds: Double?, _ call: () -> Int32) -> Int32 {
        let due = seconds.map { MonotonicTime.now.nanoseconds + Int64(min($0, 1e9) * 1e9) } ?? 0
        deadline.store(due, ordering: .relaxed)
        defer { deadline.store(0, ordering: .relaxed) }
        return call()
    }

    /// FFmpeg's callback. The context it is set on must not outlive this object.
    var callback: AVIOInterruptCB {
        AVIOInterruptCB(
            callback: { opaque in
                guard let opaque else { return 0 }
                return Unmanaged<Interruption>.fromOpaque(opaque).takeUnretainedValue().shouldStop ? 1 : 0
            }, opaque: Unmanaged.passUnretained(self).toOpaque())
    }

    /// The error that an interrupted call stands for: FFmpeg says "Immediate exit requested" for both.
    func told(_ error: MediaError, waiting seconds: Double?) -> MediaError {
        if isCancelled { return MediaError(.cancelled, "stopped", at: error.location) }
        guard error.code == .cancelled else { return error }
        let time = seconds.map { " for \(Int($0)) s" } ?? ""
        return MediaError(
            .timedOut, "nothing came or went\(time); check the other end", cause: error.cause, at: error.location)
    }
}
