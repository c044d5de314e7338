/// What values a setting takes.
package enum SettingType: Sendable, Hashable {
    case prompt
    case number(ClosedRange<Double>)
    case integer(ClosedRange<Int64>)
    case boolean
    case frameRate

    /// The one-word name in `settings.describe`.
    package var name: String {
        switch self {
        case .prompt: "prompt"
        case .number: "number"
        case .integer: "integer"
        case .boolean: "boolean"
        case .frameRate: "frame_rate"
        }
    }

    /// What is allowed, to end a sentence with.
    package var allowed: String {
        switch self {
        case .prompt: #"a text, or texts with weights such as "oil painting":0.7, "snow":0.3"#
        case .number(let range): "a number from \(range.lowerBound.short) to \(range.upperBound.short)"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true or false"
        case .frameRate: "source, or frames a second above 0 up to \(FrameRate.maximum), such as 30 or 30000/1001"
        }
    }
}

extension Double {
    /// Without the `.0` of a whole number.
    var short: String { Int64(exactly: self).map { "\($0)" } ?? "\(self)" }
}
