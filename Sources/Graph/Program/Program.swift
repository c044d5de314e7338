/// A partitioned graph, compiled: shared by all streams that use the model.
package final class Program: Sendable {
    package let partition: PartitionedGraph
    let engine: any Engine
    let settings: [any Executable]
    let segments: [any Executable]

    /// Compiles part after part, those with the most weights first: an engine's compile needs a multiple of a
    /// part's weights for a while, which costs least while little else is loaded.
    /// - Parameter progress: called before each part, with the number of those that are done and of all.
    package init(
        _ graph: Graph, engine: any Engine,
        progress: (_ part: PartitionedGraph.Part, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
    ) throws {
        partition = try graph.partitioned()
        self.engine = engine
        let parts = partition.settings + partition.segments
        let order = parts.indices.sorted { parts[$0].graph.constantByteCount > parts[$1].graph.constantByteCount }
        var compiled: [Int: any Executable] = [:]
        for (done, index) in order.enumerated() {
            progress(parts[index], done, parts.count)
            compiled[index] = try engine.compile(parts[index].graph, label: parts[index].label)
        }
        let executables = parts.indices.compactMap { compiled[$0] }
        settings = Array(executables.prefix(partition.settings.count))
        segments = Array(executables.dropFirst(partition.settings.count))
    }

    /// - Parameter steps: how often the repeated segment runs for each frame.
    package func makeInstance(steps: Int = 1) throws -> ProgramInstance {
        try ProgramInstance(self, steps: steps)
    }
}

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
