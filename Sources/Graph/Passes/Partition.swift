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
    /// The segments that run once for each denoising step: those of `Graph.repeatedStages`, cut or whole.
    package let repeated: Range<Int>
    /// What the repeated segments take and leave behind: fed back from step to step. Whatever else they read from before
    /// is computed once a frame, and each step finds it as it was.
    package let carried: Carried?
    /// The inputs that change with the frame, in the order in which the graph declares them.
    package let frameInputs: [String]

    package struct Carried: Sendable {
        package let input: String
        package let output: String
    }
}

extension Graph {
    /// The stages whose programs run once a denoising step.
    package static let repeatedStages: Set<String> = ["control", "denoise"]

    /// The stage that a segment belongs to: "denoise" of "denoise 2".
    package static func stage(ofSegment label: String) -> String { String(label.prefix { $0 != " " }) }

    /// Splits the graph into settings programs, one for each set of sources, and the segments of the frame program.
    ///
    /// Nodes that depend on weights alone are copied to wherever they are used: engines fold them, and a converted
    /// weight passed between programs would cost memory twice.
    /// - Throws: `GraphError` where the denoise segment cannot be repeated, because more than one value flows through and
    ///   none of them is named as the carried one.
    package func partitioned() throws -> PartitionedGraph {
        let homes = nodes.map(Home.init)
        // What leaves its home: read by another, or an output of the whole.
        var exported = Set<Int>()
        for (index, node) in nodes.enumerated() where homes[index] != .anywhere {
            for operand in node.operands
            where homes[operand.index] != homes[index] && !nodes[operand.index].isFreelyCopied {
                exported.insert(operand.index)
            }
        }
        var names: [Int: String] = [:]
        for index in exported { names[index] = "\(nodes[index].name)#\(index)" }
        for binding in outputs { names[binding.value.index] = binding.name }

        let settings = Set(homes).compactMap(\.settings).sorted(by: Self.runsBefore).map { times in
            let home = Home.settings(times)
            return PartitionedGraph.Part(
                label: "settings \(times)", graph: extract(home, homes, names), bindingTimes: times)
        }
        var parts: [PartitionedGraph.Part] = []
        var kept: [Int] = []
        for segment in segments.indices where homes.contains(.frame(segment)) {
            var graph = extract(.frame(segment), homes, names)
            if segmentsBeyondFloat16.contains(segments[segment]) { graph.segmentsBeyondFloat16 = Set(graph.segments) }
            let times = graph.nodes.reduce(into: BindingTimes()) { $0.formUnion($1.bindingTimes) }
            parts.append(PartitionedGraph.Part(label: segments[segment], graph: graph, bindingTimes: times))
            kept.append(segment)
        }
        let positions = kept.indices.filter { Self.repeatedStages.contains(Self.stage(ofSegment: parts[$0].label)) }
        let repeated = (positions.first ?? 0)..<(positions.last.map { $0 + 1 } ?? 0)
        return PartitionedGraph(
            settings: settings, segments: parts, repeated: repeated, carried: try carried(parts, repeated, names),
            frameInputs: inputs.filter { self[$0.value].bindingTimes.changesWithFrame }.map(\.name))
    }

    /// Where a node is computed.
    private enum Home: Hashable {
        /// Inputs, constants and what follows from constants alone.
        case anywhere
        case settings(BindingTimes)
        case frame(segment: Int)

        static func frame(_ segment: Int) -> Home { .frame(segment: segment) }

        init(_ node: Node) {
            if node.isFreelyCopied {
                self = .anywhere
            } else if node.bindingTimes.changesWithFrame {
                self = .frame(segment: node.segment)
            } else {
                self = .settings(node.bindingTimes)
            }
        }

        var settings: BindingTimes? {
            if case .settings(let times) = self { times } else { nil }
        }
    }

    /// A program can only need those of fewer sources, so their number is an order to run them in.
    private static func runsBefore(_ a: BindingTimes, _ b: BindingTimes) -> Bool {
        (a.rawValue.nonzeroBitCount, a.rawValue) < (b.rawValue.nonzeroBitCount, b.rawValue)
    }

    /// The nodes of one home as a graph of its own: what it reads from elsewhere becomes an input of the same name
    /// as the other's output.
    private func extract(_ home: Home, _ homes: [Home], _ names: [Int: String]) -> Graph {
        var result = Graph()
        result.segments = ["main"]
        var moved: [Int: Value] = [:]

        func move(_ index: Int) -> Value {
            if let value = moved[index] { return value }
            let node = nodes[index]
            let isOwn = homes[index] == home
            let isCopied = node.isFreelyCopied
            let operation: Operation = isOwn || isCopied ? node.operation : .input(node.bindingTimes)
            let operands = isOwn || isCopied ? node.operands.map { move($0.index) } : []
            let name = isOwn || isCopied ? node.name : names[index] ?? node.name
            result.nodes.append(
                Node(
                    operation: operation, operands: operands, type: node.type, name: name,
                    bindingTimes: node.bindingTimes, segment: 0))
            let value = Value(index: result.nodes.count - 1)
            if case .input = operation { result.inputs.append(Binding(name: name, value: value)) }
            moved[index] = value
            return value
        }

        for index in nodes.indices where homes[index] == home {
            let value = move(index)
            if let name = names[index] { result.outputs.append(Binding(name: name, value: value)) }
        }
        return result
    }

    private func carried(
        _ parts: [PartitionedGraph.Part], _ repeated: Range<Int>, _ names: [Int: String]
    ) throws -> PartitionedGraph.Carried? {
        guard !repeated.isEmpty else { return nil }
        let outputs = { (range: Range<Int>) in Set(range.flatMap { parts[$0].graph.outputs.map(\.name) }) }
        let inputs = { (range: Range<Int>) in Set(range.flatMap { parts[$0].graph.inputs.map(\.name) }) }
        let entering = outputs(0..<repeated.lowerBound).intersection(inputs(repeated))
        let leaving = outputs(repeated).intersection(inputs(repeated.upperBound..<parts.count))
        let named = carried.flatMap { names[$0.index] }
        guard let input = named ?? (entering.count == 1 ? entering.first : nil), entering.contains(input),
            let output = leaving.first, leaving.count == 1
        else {
            throw GraphError(
                .shapeMismatch,
                "\(entering.count) values enter the repeated segments, \(named ?? "none of them") is carried from step to "
                    + "step, and \(leaving.count) leave: one is to be carried and one to leave",
                at: parts[repeated.lowerBound].label)
        }
        return PartitionedGraph.Carried(input: input, output: output)
    }
}

extension Graph.Node {
    /// Whether the node is repeated wherever it is used instead of passed between programs.
    fileprivate var isFreelyCopied: Bool {
        if case .input = operation { return true }
        return bindingTimes.isEmpty
    }
}
