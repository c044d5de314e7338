package import Graph

/// Plain loops over Floats: slow, small on purpose, and what every other engine is checked against.
package struct ReferenceEngine: Engine {
    package let name = "reference"
    package let description = "reference: plain loops on the CPU, for checking other engines; too slow to watch"

    package init() {}

    package func makeBuffer(_ type: TensorType) -> any Buffer { HostBuffer(type) }

    package func compile(_ graph: Graph, label: String) throws -> any Executable {
        try ReferenceExecutable(graph)
    }
}

final class ReferenceExecutable: Executable {
    let graph: Graph
    /// The constants, widened, by node index.
    let constants: [Int: HostTensor]
    let graphInputs: [String: TensorType]
    let graphOutputs: [String: TensorType]

    init(_ graph: Graph) throws {
        var constants: [Int: HostTensor] = [:]
        for (index, node) in graph.nodes.enumerated() {
            guard case .constant(let data) = node.operation else { continue }
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: node.type.byteCount, alignment: 64)
            defer { memory.deallocate() }
            try data.copy(into: memory)
            constants[index] = try HostTensor(bytes: UnsafeRawBufferPointer(memory), type: node.type)
        }
        self.graph = graph
        self.constants = constants
        graphInputs = graph.inputTypes
        graphOutputs = graph.outputTypes
    }

    func bind(_ buffers: [String: any Buffer]) throws -> any Invocation {
        func bound(_ bindings: [Graph.Binding]) throws -> [(Int, HostBuffer)] {
            try bindings.map { binding in
                guard let buffer = buffers[binding.name] as? HostBuffer else {
                    throw GraphError(.unknownName, "no buffer of this engine was given", at: binding.name)
                }
                let type = graph[binding.value].type
                guard buffer.type == type else {
                    throw GraphError(.typeMismatch, "needs \(type), was given \(buffer.type)", at: binding.name)
                }
                return (binding.value.index, buffer)
            }
        }
        return ReferenceInvocation(
            executable: self, inputs: try bound(graph.inputs), outputs: try bound(graph.outputs))
    }
}

final class ReferenceInvocation: Invocation {
    private let executable: ReferenceExecutable
    private let inputs: [(Int, HostBuffer)]
    private let outputs: [(Int, HostBuffer)]
    /// For each node, the last node that reads it, so that memory is given back on the way.
    private let lastUse: [Int]

    init(executable: ReferenceExecutable, inputs: [(Int, HostBuffer)], outputs: [(Int, HostBuffer)]) {
        (self.executable, self.inputs, self.outputs) = (executable, inputs, outputs)
        var lastUse = Array(executable.graph.nodes.indices)
        for (index, node) in executable.graph.nodes.enumerated() {
            for operand in node.operands { lastUse[operand.index] = index }
        }
        for (index, _) in outputs { lastUse[index] = Int.max }
        self.lastUse = lastUse
    }

    func run() throws {
        let nodes = executable.graph.nodes
        var values: [Int: HostTensor] = [:]
        for (index, buffer) in inputs { values[index] = buffer.tensor }
        for (index, node) in nodes.enumerated() {
            switch node.operation {
            case .input: continue
            case .constant: values[index] = executable.constants[index]
            default:
                let operands = node.operands.compactMap { values[$0.index] }
                values[index] = ReferenceKernels.evaluate(node, operands)
            }
            for operand in node.operands where lastUse[operand.index] == index {
                values[operand.index] = nil
            }
        }
        for (index, buffer) in outputs {
            guard let value = values[index] else {
                throw EngineError(.runFailed, "output \(executable.graph.nodes[index].name) was not computed")
            }
            buffer.tensor = value
        }
    }
}
