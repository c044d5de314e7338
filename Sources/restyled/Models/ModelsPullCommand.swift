import ArgumentParser
import Foundation
import HubDownload
import Synchronization
import Weights

struct ModelsPullCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Download a model from Hugging Face into its cache.",
        discussion: """
            Takes what restyled opens a model from, of each part the smallest weights in safetensors, and goes on where an \
            earlier run stopped. Prints the folder. HF_TOKEN is for gated and private models; HF_ENDPOINT names another \
            hub; HF_HOME and HF_HUB_CACHE say where the cache is.

            restyled models pull stabilityai/sdxl-turbo
            restyled models pull ByteDance/SDXL-Lightning sdxl_lightning_1step_unet_x0.safetensors
            """)

    @Argument(
        help: ArgumentHelp("OWNER/NAME, or OWNER/NAME@REVISION for another than main.", valueName: "model"),
        completion: .list(["stabilityai/sd-turbo", "stabilityai/sdxl-turbo"]))
    var name: String
    @Argument(
        help: ArgumentHelp("Files to download in place of those a model is opened from.", valueName: "file"),
        completion: .list(["sdxl_lightning_1step_unet_x0.safetensors"]))
    var files: [String] = []

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        guard let cache = HubCache(environment: environment) else {
            throw UsageError("There is no Hugging Face cache without HOME; set HF_HOME to a folder.")
        }
        let pull = try ModelPull(name, from: HubEndpoint(environment: environment), into: cache)
        let reporter = PullReporter()
        defer { reporter.end() }
        let folder = try pull.run(files) { reporter.report($0) }
        reporter.end()
        print(folder)
    }
}

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

/// The rate of a download over its last seconds.
struct TransferMeter {
    private var marks: [(instant: ContinuousClock.Instant, byteCount: Int)] = []

    mutating func record(byteCount: Int, at instant: ContinuousClock.Instant) {
        // Bytes come in pieces of some kilobytes, thousands a second.
        if let last = marks.last, instant - last.instant < .milliseconds(200) { return }
        marks.append((instant, byteCount))
        marks.removeAll { instant - $0.instant > .seconds(10) }
    }

    /// Bytes a second; nil before there are two marks.
    private var rate: Double? {
        guard let first = marks.first, let last = marks.last, last.instant > first.instant else { return nil }
        return Double(last.byteCount - first.byteCount) / ((last.instant - first.instant) / .seconds(1))
    }

    private func left(_ progress: PullProgress, _ rate: Double) -> String {
        // Slower than this it tells nothing.
        guard rate > 1000 else { return "" }
        let seconds = Int(Double(progress.totalByteCount - progress.byteCount) / rate)
        return String(format: ", %d:%02d left", seconds / 60, seconds % 60)
    }

    func bar(_ progress: PullProgress, width: Int) -> String {
        let share = progress.totalByteCount > 0 ? Double(progress.byteCount) / Double(progress.totalByteCount) : 1
        let percent = Int(share * 100)
        let speed = rate.map { ", \(ModelsShowCommand.bytes(Int($0)))/s\(left(progress, $0))" } ?? ""
        let sizes =
            "\(ModelsShowCommand.bytes(progress.byteCount)) of \(ModelsShowCommand.bytes(progress.totalByteCount))"
        let text = "  \(sizes)\(speed)  \(progress.path)"
        let filled = Int((share * 20).rounded())
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
        return String("\(percent)% \(bar)\(text)".prefix(width))
    }
}
