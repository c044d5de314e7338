import Basics
import Foundation

/// How far a job is, for people and programs.
package struct Progress: Sendable, Equatable {
    /// Restyled frames written.
    package var frames: Int
    /// Frames there will be, where the container says.
    package var total: Int?
    /// Over the last seconds.
    package var framesPerSecond: Double
    /// Seconds of video written for each second that passed.
    package var speed: Double
    /// Until the end, at this rate.
    package var timeLeft: Duration?

    package init(frames: Int, total: Int?, framesPerSecond: Double, speed: Double, timeLeft: Duration?) {
        (self.frames, self.total, self.framesPerSecond) = (frames, total, framesPerSecond)
        (self.speed, self.timeLeft) = (speed, timeLeft)
    }
}

/// Works out the rates from what was written when. A value, so that a test can be its clock.
package struct ProgressMeter: Sendable {
    private struct Mark: Sendable {
        let elapsed: Duration
        let frames: Int
        let position: Duration
    }
    /// Long enough to be steady, short enough to follow a change of scene or settings.
    private static let window = Duration.seconds(8)
    private var marks: [Mark] = []
    private let total: Int?

    package init(total: Int?) { self.total = total }

    /// - Parameters:
    ///   - elapsed: since any moment, always the same.
    ///   - position: how much video is written.
    package mutating func record(elapsed: Duration, frames: Int, position: Duration) -> Progress {
        marks.append(Mark(elapsed: elapsed, frames: frames, position: position))
        while marks.count > 2, elapsed - marks[1].elapsed >= Self.window { marks.removeFirst() }
        let time = elapsed - marks[0].elapsed
        let rate = time > .zero ? Double(frames - marks[0].frames) / time.inSeconds : 0
        let remaining = total.map { max(0, Double($0 - frames)) }
        return Progress(
            frames: frames, total: total, framesPerSecond: rate,
            speed: time > .zero ? (position - marks[0].position) / time : 0,
            timeLeft: rate > 0 ? remaining.map { .seconds($0 / rate) } : nil)
    }
}

extension Progress {
    /// One object, one line: frames, total, frames_per_second, speed, eta_seconds. What is not known is null.
    package var json: String {
        func number(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "null" }
        return "{\"frames\":\(frames),\"total\":\(total.map(String.init) ?? "null"),"
            + "\"frames_per_second\":\(number(framesPerSecond)),\"speed\":\(number(speed)),"
            + "\"eta_seconds\":\(number(timeLeft?.inSeconds))}"
    }

    /// One line for a terminal of `width` columns.
    package func bar(width: Int) -> String {
        let rate = String(format: "%.1f frames/s  %.2fx", framesPerSecond, speed)
        guard let total, total > 0 else { return String("\(frames) frames  \(rate)".prefix(width)) }
        let share = min(1, Double(frames) / Double(total))
        let left = frames < total ? timeLeft.map { "  \(Self.clock($0)) left" } ?? "" : ""
        let text = "  \(frames)/\(total)  \(rate)\(left)"
        let percent = String(format: "%3.0f%% ", share * 100)
        let room = min(30, width - text.count - percent.count)
        guard room >= 8 else { return String((percent + text).prefix(width)) }
        let filled = Int((share * Double(room)).rounded())
        return percent + String(repeating: "█", count: filled) + String(repeating: "░", count: room - filled) + text
    }

    /// 75 → "1:15", 3,700 → "1:01:40".
    static func clock(_ duration: Duration) -> String {
        let whole = Int(min(duration.inSeconds, 359_999).rounded())
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
    }
}
