/// Values for a program's inputs, all but the frame's: what a stream's settings come down to.
///
/// An input that differs from step to step holds one value a step, every other input one value.
package struct ProgramInputs: Sendable {
    package private(set) var values: [String: [[UInt8]]] = [:]

    package init() {}

    package mutating func set(_ name: String, _ numbers: [Float]) {
        values[name] = [numbers.withUnsafeBytes { Array($0) }]
    }
    package mutating func set(_ name: String, steps: [[Float]]) {
        values[name] = steps.map { numbers in numbers.withUnsafeBytes { Array($0) } }
    }
}
