/// A graph split by binding time: what runs when a setting changes, and what runs for every frame.
public struct PartitionedGraph: Sendable {
    /// A piece that is compiled by itself.
    public struct Part: Sendable {
        /// "settings prompt+strength", "encode", "denoise 2": for progress and measurements.
        public let label: String
        public let graph: Graph
        /// The sources the part has to be run again for.
        public let bindingTimes: BindingTimes
    }

    /// In an order in which each finds what it needs already computed.
    public let settings: [Part]
    /// The frame program: a chain that runs from first to last for every frame.
    public let segments: [Part]
    /// The segments that run once for each denoising step: those whose name is "denoise", cut or whole.
    public let repeated: Range<Int>
    /// What the repeated segments read from before and leave behind: fed back from step to step.
    public let carried: Carried?

    public struct Carried: Sendable {
        public let input: String
        public let output: String
    }
}
