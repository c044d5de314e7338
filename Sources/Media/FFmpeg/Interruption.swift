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
    private let connection = Mutex<Connection?>(nil)

    /// What comes over the network, where FFmpeg reads by itself.
    ///
    /// `@unchecked Sendable`: the context is looked at from inside FFmpeg's own calls on it alone.
    private struct Connection: @unchecked Sendable {
        let context: UnsafeMutablePointer<AVFormatContext>
        var clock: ArrivalClock
        var bytes: Int64 = 0
        var isOverdue = false
    }

    package init() {}

    /// Makes the call under way, and every later one, end with `MediaError.Code.cancelled`.
    package func cancel() { cancelled.store(true, ordering: .releasing) }
    package var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    var isDue: Bool {
        let due = deadline.load(ordering: .relaxed)
        return due != 0 && MonotonicTime.now.nanoseconds >= due
    }
    var shouldStop: Bool { isCancelled || isDue || isOverdue }

    /// Keeps an eye on what comes for the context, until `unwatch`, which must come before its end.
    func watch(_ context: UnsafeMutablePointer<AVFormatContext>, packetTimeout: Duration?) {
        connection.withLock { $0 = Connection(context: context, clock: ArrivalClock(limit: packetTimeout)) }
    }

    func unwatch() { connection.withLock { $0 = nil } }

    /// The probing or a packet begins.
    func beginPacket() { connection.withLock { $0?.clock.restart() } }

    /// The packet under way had all its time, and did not end.
    var isOverdue: Bool {
        connection.withLock { connection in
            guard let known = connection else { return false }
            let bytes = known.context.pointee.pb?.pointee.bytes_read ?? 0
            if bytes != known.bytes {
                connection?.bytes = bytes
                connection?.clock.bytesCame()
            }
            if known.clock.isOverdue { connection?.isOverdue = true }
            return connection?.isOverdue ?? false
        }
    }

    /// Lets an FFmpeg call take so long at most; nil is for ever.
    func within(_ timeout: Duration?, _ call: () -> Int32) -> Int32 {
        let due = timeout.map { (MonotonicTime.now + $0).nanoseconds } ?? 0
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
    func explaining(_ error: MediaError, timeout: Duration?) -> MediaError {
        if isCancelled { return MediaError(.cancelled, "stopped", at: error.location) }
        guard error.code == .cancelled else { return error }
        let time = timeout.map { " for \($0.components.seconds) s" } ?? ""
        return MediaError(
            .timedOut, "nothing came or went\(time); check the other end", cause: error.cause, at: error.location)
    }
}
