import Dispatch
import Foundation
import Pipeline
import Synchronization

/// Tells how far loading and restyling are: a bar on a terminal, or one JSON object a second.
final class ProgressReporter: Sendable {
    private let terminal: Terminal
    private let style: RunCommand.ProgressStyle
    private let started = ContinuousClock.now
    private let meter = Mutex(ProgressMeter(total: nil))
    /// When the model was loaded and the first frame could be taken.
    private let restylingSince = Mutex<ContinuousClock.Instant?>(nil)

    init(_ terminal: Terminal, style: RunCommand.ProgressStyle) {
        (self.terminal, self.style) = (terminal, style)
    }

    private var showsBar: Bool { style == .auto && terminal.isTerminal }

    func loading(part: String, done: Int, total: Int) {
        guard showsBar else { return }
        terminal.redraw("Loading the model: \(part)" + (total > 1 ? " (\(done + 1) of \(total))" : ""))
    }

    /// Reports from a clock of its own, because a frame may take longer than a report may wait.
    /// - Returns: the clock, which reports while it is held.
    func begin(_ job: FileJob) -> (any DispatchSourceTimer)? {
        restylingSince.withLock { $0 = .now }
        guard style == .json || showsBar else { return nil }
        meter.withLock { $0 = ProgressMeter(total: job.totalFrames) }
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "progress"))
        timer.schedule(deadline: .now(), repeating: style == .json ? 1 : 0.25)
        timer.setEventHandler { self.report(job) }
        timer.resume()
        return timer
    }

    func end(_ job: FileJob, _ timer: (any DispatchSourceTimer)?) {
        timer?.cancel()
        guard style == .json || showsBar else { return }
        // Once more, because the file is complete only now.
        report(job)
        if showsBar { terminal.finishLine() }
    }

    /// One line about what was made.
    func printSummary(_ status: FileJob.Status, output: String, width: Int, height: Int) {
        let time = max(ContinuousClock.now - (restylingSince.withLock { $0 } ?? started), .milliseconds(1))
        let seconds = time / .seconds(1)
        let name = output == "-" || output.hasPrefix("pipe:") ? "standard output" : output
        var parts = [
            "\(status.frames) \(status.frames == 1 ? "frame" : "frames") in \(String(format: "%.1f s", seconds))"
        ]
        if status.frames > 1 {
            parts[0] += String(
                format: " (%.1f frames/s, %.2f times real time)", Double(status.frames) / seconds,
                status.position / time)
        }
        parts.append("\(width)x\(height)")
        var file = stat()
        if stat(output, &file) == 0, file.st_mode & S_IFMT == S_IFREG {
            parts.append(ModelsShowCommand.bytes(Int(file.st_size)))
        }
        terminal.print("\(name): \(parts.joined(separator: ", "))")
    }

    private func report(_ job: FileJob) {
        let status = job.status
        let progress = meter.withLock {
            $0.record(elapsed: ContinuousClock.now - started, frames: status.frames, position: status.position)
        }
        if style == .json {
            terminal.print(progress.json)
        } else {
            terminal.redraw(progress.bar(width: terminal.width - 1))
        }
    }
}
