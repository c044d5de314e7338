import Foundation
import Hub
import Synchronization

/// Tells how far a download is: a bar on a terminal, a line for each file elsewhere.
final class PullReporter: Sendable {
    private struct State {
        var path = ""
        var drawn: ContinuousClock.Instant?
        var meter = TransferMeter()
    }

    private let terminal = Terminal()
    private let state = Mutex(State())

    func report(_ progress: PullProgress) {
        state.withLock { state in
            let now = ContinuousClock.now
            state.meter.record(byteCount: progress.byteCount, at: now)
            let isNew = state.path != progress.path
            state.path = progress.path
            guard terminal.isTerminal else {
                if isNew { terminal.print("restyled: \(progress.path)") }
                return
            }
            let isDone = progress.byteCount == progress.totalByteCount
            if let drawn = state.drawn, now - drawn < .milliseconds(250), !isDone { return }
            state.drawn = now
            terminal.redraw(state.meter.bar(progress, width: terminal.width - 1))
        }
    }

    func end() {
        state.withLock { state in
            if state.drawn != nil { terminal.finishLine() }
            state.drawn = nil
        }
    }
}
