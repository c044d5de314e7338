/// A value of a setting, of the type and within the range that the schema states.
package enum SettingValue: Sendable, Hashable {
    case prompt(Prompt)
    case number(Double)
    case integer(Int64)
    case boolean(Bool)
    case frameRate(FrameRate)

    package var json: JSONValue {
        switch self {
        case .prompt(let prompt): .string(prompt.description)
        case .number(let number): .number(number)
        case .integer(let integer): .integer(integer)
        case .boolean(let boolean): .boolean(boolean)
        case .frameRate(let rate): .string(rate.description)
        }
    }

    /// As it is written on a command line.
    package var text: String {
        switch self {
        case .prompt(let prompt): prompt.description
        case .number(let number): "\(number)"
        case .integer(let integer): "\(integer)"
        case .boolean(let boolean): "\(boolean)"
        case .frameRate(let rate): rate.description
        }
    }
}
