import Foundation
import Hub

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
