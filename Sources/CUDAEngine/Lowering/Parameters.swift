import CUDAKernels
import Graph

/// A kernel's argument being filled in: its numbers, and which of its fields are addresses.
struct Parameters<Body> {
    var body: Body
    private(set) var pointers: [Launch.Pointer] = []

    init(_ body: Body) { self.body = body }

    mutating func point(_ field: KeyPath<Body, cuda_address>, to view: View) {
        guard let position = MemoryLayout<Body>.offset(of: field) else { return }
        point(at: position, to: view)
    }

    mutating func point(at position: Int, to view: View) {
        pointers.append(
            Launch.Pointer(position: position, storage: view.storage, offset: view.offset * view.type.byteCount))
    }

    /// - Parameter view: of four axes, in the kernel's order.
    mutating func set(_ field: WritableKeyPath<Body, cuda_view>, to view: View) {
        body[keyPath: field] = cuda_view(view)
        guard let position = MemoryLayout<Body>.offset(of: field) else { return }
        point(at: position, to: view)
    }

    /// - Parameter steps: with operands of four axes, in the kernel's order.
    mutating func set(_ field: WritableKeyPath<Body, cuda_chain>, to steps: [ChainStep]) {
        var chain = cuda_chain()
        chain.count = Int32(steps.count)
        let position = MemoryLayout<Body>.offset(of: field) ?? 0
        let first = MemoryLayout<cuda_chain>.offset(of: \.steps) ?? 0
        withUnsafeMutableBytes(of: &chain.steps) { memory in
            let table = memory.bindMemory(to: cuda_step.self)
            for (index, step) in steps.enumerated() {
                table[index] = cuda_step(
                    kind: Int32(step.kind.rawValue), lower: step.lower, upper: step.upper,
                    operand: step.operand.map(cuda_view.init) ?? cuda_view())
            }
        }
        body[keyPath: field] = chain
        let operand = MemoryLayout<cuda_step>.offset(of: \.operand) ?? 0
        for (index, step) in steps.enumerated() {
            guard let view = step.operand else { continue }
            point(at: position + first + index * MemoryLayout<cuda_step>.stride + operand, to: view)
        }
    }

    var bytes: [UInt8] { withUnsafeBytes(of: body) { Array($0) } }
}

extension cuda_view {
    init(_ view: View) {
        self.init()
        type = view.type.cudaCode
        let steps = view.strides.map(Int32.init)
        strides = (steps[0], steps[1], steps[2], steps[3])
    }
}
