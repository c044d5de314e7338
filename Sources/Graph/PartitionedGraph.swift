/// A graph split by binding time: what runs when a setting changes, and what runs for every frame.
package struct PartitionedGraph: Sendable {
    /// A piece that is compiled by itself.
    package struct Part: Sendable {
        /// "settings prompt+strength", "encode", "denoise 2": for progress and measurements.
        package let label: String
        package let graph: Graph
        /// The sources the part has to be run again for.
        package let bindingTimes: BindingTimes
    }

    /// In an order in which each finds what it needs already computed.
    package let settings: [Part]
    /// The frame program: a chain that runs from first to last for every frame.
    package let segments: [Part]
    /// The segments that run once for each denoising step: those whose name is "denoise", cut or whole.
    package let repeated: Range<Int>
    /// What the repeated segments read from before and leave behind: fed back from step to step.
    package let carried: Carried?

    package struct Carried: Sendable {
        package let input: String
        package let output: String
    }
}
