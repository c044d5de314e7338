import Basics
import Control
import Dispatch
import Foundation
import Glibc
import Logging
import Synchronization

/// Makes the pictures that viewers see, each once for all of them, on a thread a stream that runs only while somebody
/// looks. The newest picture wins: a slow viewer gets fewer and never later ones.
final class PreviewHub: Sendable {
    /// Pictures that a viewer may have been sent and not seen yet.
    static let unseenLimit = 2

    private struct Viewer {
        let request: PreviewRequest
        let send: @Sendable (PreviewMessage) -> Void
        /// Serials that were sent, oldest first.
        var unseen: [Int64] = []
        var last: Int64 = 0
        /// The earliest time of the next one, monotonic ns.
        var due: Int64 = 0

        var interval: Int64 { Int64(1e9 / request.rate) }
        func isReady(at now: Int64) -> Bool { unseen.count < unseenLimit && due <= now }
    }

    private struct State {
        var viewers: [UInt64: Viewer] = [:]
        var next: UInt64 = 0
        /// The threads that run, and what wakes each when a viewer is ready again.
        var wakers: [String: DispatchSemaphore] = [:]
    }

    private let source: any PreviewSource
    private let logger: Logger
    private let state = Mutex(State())

    init(source: any PreviewSource, logger: Logger) { (self.source, self.logger) = (source, logger) }

    /// - Parameter send: called from the stream's preview thread; must not block.
    /// - Returns: what the viewer is known by.
    func add(_ request: PreviewRequest, send: @escaping @Sendable (PreviewMessage) -> Void) -> UInt64 {
        let (id, waker) = state.withLock { state -> (UInt64, DispatchSemaphore) in
            state.next += 1
            state.viewers[state.next] = Viewer(request: request, send: send)
            if let waker = state.wakers[request.stream] { return (state.next, waker) }
            let waker = DispatchSemaphore(value: 0)
            state.wakers[request.stream] = waker
            start(request.stream, waker)
            return (state.next, waker)
        }
        waker.signal()
        return id
    }

    /// A viewer has seen this picture, and with it those before.
    func seen(_ serial: Int64, by id: UInt64) {
        state.withLock { state -> DispatchSemaphore? in
            guard var viewer = state.viewers[id] else { return nil }
            viewer.unseen.removeAll { $0 <= serial }
            state.viewers[id] = viewer
            return state.wakers[viewer.request.stream]
        }?.signal()
    }

    func remove(_ id: UInt64) {
        state.withLock { state -> DispatchSemaphore? in
            guard let viewer = state.viewers.removeValue(forKey: id) else { return nil }
            return state.wakers[viewer.request.stream]
        }?.signal()
    }

    /// Streams whose pictures are being made.
    var activeStreams: Set<String> { state.withLock { Set($0.wakers.keys) } }

    private func start(_ stream: String, _ waker: DispatchSemaphore) {
        let thread = Thread { [self] in
            // On Linux a thread has a niceness of its own: the model, whose threads wait for one another, and the outputs
            // come first.
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
            run(stream, waker)
        }
        thread.name = "preview"
        thread.start()
    }

    private enum Turn {
        /// Nobody looks any more.
        case end
        /// Until a viewer is ready, for this long at most, ns.
        case wait(Int64)
        /// Pictures after the one with this serial are wanted.
        case make(after: Int64)
    }

    private func run(_ stream: String, _ waker: DispatchSemaphore) {
        guard let reader = source.preview(of: stream) else {
            return state.withLock { $0.wakers[stream] = nil }
        }
        var isFailing = false
        while true {
            switch turn(stream) {
            case .end: return
            case .wait(let time): _ = waker.wait(timeout: .now() + .nanoseconds(Int(time)))
            case .make(let after):
                // Short, so that a viewer who comes meanwhile does not wait long for a picture that stands still.
                guard let serial = reader.next(after: after, within: .milliseconds(100)) else { continue }
                do {
                    try send(serial, of: stream, from: reader)
                    isFailing = false
                } catch {
                    if !isFailing { logger.warning("the page's picture can't be made: \(error)") }
                    isFailing = true
                    usleep(100_000)
                }
            }
        }
    }

    private func turn(_ stream: String) -> Turn {
        let now = MonotonicTime.now.nanoseconds
        return state.withLock { state in
            let viewers = state.viewers.values.filter { $0.request.stream == stream }
            guard !viewers.isEmpty else {
                state.wakers[stream] = nil
                return .end
            }
            if let after = viewers.filter({ $0.isReady(at: now) }).map(\.last).min() { return .make(after: after) }
            let due = viewers.filter { $0.unseen.count < Self.unseenLimit }.map(\.due).min()
            return .wait(min(due.map { $0 - now } ?? .max, 1_000_000_000))
        }
    }

    /// Sends the picture to all that are ready for it.
    private func send(_ serial: Int64, of stream: String, from reader: any PreviewReader) throws {
        let now = MonotonicTime.now.nanoseconds
        let ready = state.withLock { state in
            state.viewers.filter { $1.request.stream == stream && $1.isReady(at: now) && $1.last < serial }
        }
        var made: [PreviewRequest.Picture: [Int: PreviewMessage]] = [:]
        var files: [SnapshotPicture: [Int: PreviewJPEG]] = [:]
        for (id, viewer) in ready {
            let (picture, width) = (viewer.request.picture, viewer.request.width)
            let message: PreviewMessage
            if let known = made[picture]?[width] {
                message = known
            } else {
                let parts = try picture.parts.map { part in
                    let file = try files[part]?[width] ?? reader.jpeg(part, width: width)
                    files[part, default: [:]][width] = file
                    return (picture: part, jpeg: file)
                }
                message = PreviewMessage(serial: serial, parts)
                made[picture, default: [:]][width] = message
            }
            let isThere = state.withLock { state in
                guard var viewer = state.viewers[id] else { return false }
                viewer.unseen.append(serial)
                viewer.last = serial
                // From when it was due, so that the rate is kept on the average, but not caught up with after a pause.
                viewer.due = max(viewer.due + viewer.interval, now)
                state.viewers[id] = viewer
                return true
            }
            if isThere { viewer.send(message) }
        }
    }
}
