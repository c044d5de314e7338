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
    package var etaSeconds: Double?

    package init(frames: Int, total: Int?, framesPerSecond: Double, speed: Double, etaSeconds: Double?) {
        (self.frames, self.total, self.framesPerSecond) = (frames, total, framesPerSecond)
        (self.speed, self.etaSeconds) = (speed, etaSeconds)
    }
}

/// Works out the rates from what was written when. A value, so that a test can be its clock.
package struct ProgressMeter: Sendable {
    private struct Mark: Sendable {
        let seconds: Double
        let frames: Int
        let position: Double
    }
    /// Long enough to be steady, short enough to follow a change of scene or settings.
    private static let window = 8.0
    private var marks: [Mark] = []
    private let total: Int?

    package init(total: Int?) { self.total = total }

    /// - Parameters:
    ///   - seconds: when, on any clock that does not go back.
    ///   - position: seconds of video written.
    package mutating func record(seconds: Double, frames: Int, position: Double) -> Progress {
        marks.append(Mark(seconds: seconds, frames: frames, position: position))
        while marks.count > 2, seconds - marks[1].seconds >= Self.window { marks.removeFirst() }
        let elapsed = seconds - marks[0].seconds
        let rate = elapsed > 0 ? Double(frames - marks[0].frames) / elapsed : 0
        let remaining = total.map { max(0, Double($0 - frames)) }
        return Progress(
            frames: frames, total: total, framesPerSecond: rate,
            speed: elapsed > 0 ? (position - marks[0].position) / elapsed : 0,
            etaSeconds: rate > 0 ? remaining.map { $0 / rate } : nil)
    }
}

extension Progress {
    /// One object, one line: frames, total, frames_per_second, speed, eta_seconds. What is not known is null.
    package var json: String {
        func number(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "null" }
        return "{\"frames\":\(frames),\"total\":\(total.map(String.init) ?? "null"),"
            + "\"frames_per_second\":\(number(framesPerSecond)),\"speed\":\(number(speed)),"
            + "\"eta_seconds\":\(number(etaSeconds))}"
    }

    /// One line for a terminal of `width` columns.
    package func bar(width: Int) -> String {
        let rate = String(format: "%.1f frames/s  %.2fx", framesPerSecond, speed)
        guard let total, total > 0 else { return String("\(frames) frames  \(rate)".prefix(width)) }
        let share = min(1, Double(frames) / Double(total))
        let left = frames < total ? etaSeconds.map { "  \(Self.clock($0)) left" } ?? "" : ""
        let text = "  \(frames)/\(total)  \(rate)\(left)"
        let percent = String(format: "%3.0f%% ", share * 100)
        let room = min(30, width - text.count - percent.count)
        guard room >= 8 else { return String((percent + text).prefix(width)) }
        let filled = Int((share * Double(room)).rounded())
        return percent + String(repeating: "█", count: filled) + String(repeating: "░", count: room - filled) + text
    }

    /// 75 → "1:15", 3,700 → "1:01:40".
    package static func clock(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 359_999).rounded())
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
    }
}
