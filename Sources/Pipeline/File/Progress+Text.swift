import Foundation

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
    static func clock(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 359_999).rounded())
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
    }
}
