import CUDAKernels
import Graph

/// A graph as kernels and the memory between them.
struct LoweredProgram {
    enum Home: Hashable {
        /// The program's own memory.
        case own
        case input(String)
        case output(String)
    }
    struct Storage {
        let byteCount: Int
        let home: Home
    }
    enum Instruction {
        /// A constant's bytes as they are stored.
        case upload(any ConstantData, byteCount: Int, storage: Int)
        case launch(Launch)

        var reads: Set<Int> {
            if case .launch(let launch) = self { launch.reads } else { [] }
        }
        var writes: Set<Int> {
            switch self {
            case .upload(_, _, let storage): [storage]
            case .launch(let launch): launch.writes
            }
        }
    }

    var storages: [Storage] = []
    /// What follows from the weights alone: runs once.
    var preparation: [Instruction] = []
    /// Runs every time.
    var body: [Launch] = []
    /// Storages whose content follows from the weights alone.
    private var fixed: Set<Int> = []

    /// What has to be compiled for it.
    var modules: [KernelModule] {
        let launches = preparation.compactMap { instruction in
            if case .launch(let launch) = instruction { launch } else { nil }
        }
        return (launches + body).map(\.module)
    }

    mutating func makeStorage(_ byteCount: Int, _ home: Home = .own) -> Int {
        storages.append(Storage(byteCount: max(byteCount, 1), home: home))
        return storages.count - 1
    }

    mutating func upload(_ data: any ConstantData, _ type: TensorType) -> View {
        let storage = makeStorage(type.byteCount)
        preparation.append(.upload(data, byteCount: type.byteCount, storage: storage))
        fixed.insert(storage)
        return View(storage: storage, type.shape, type.dataType)
    }

    mutating func append(_ launch: Launch) {
        let isFixed =
            launch.reads.isSubset(of: fixed) && launch.writes.allSatisfy { storages[$0].home == .own }
            && !body.contains { !$0.writes.isDisjoint(with: launch.writes) }
        if isFixed {
            preparation.append(.launch(launch))
            fixed.formUnion(launch.writes)
        } else {
            body.append(launch)
            fixed.subtract(launch.writes)
        }
    }
}

/// A run of a kernel, with memory that has no addresses yet.
struct Launch: Sendable {
    /// An address that is filled in when the memory is bound.
    struct Pointer: Sendable {
        /// Bytes before it among the parameters.
        let position: Int
        let storage: Int
        /// Bytes into the storage.
        let offset: Int
    }

    var module: KernelModule
    var function: String
    var grid: [Int]
    /// Threads of a block, in two directions.
    var block: [Int]
    var sharedBytes = 0
    var parameters: [UInt8] = []
    var pointers: [Pointer] = []
    /// The storages that are written; all others are read.
    var writes: Set<Int> = []

    var reads: Set<Int> { Set(pointers.map(\.storage)).subtracting(writes) }

    /// With the addresses of each storage filled in.
    func resolved(_ address: (Int) -> UInt64) -> ResolvedLaunch {
        var parameters = parameters
        for pointer in pointers {
            let value = address(pointer.storage) + UInt64(pointer.offset)
            withUnsafeBytes(of: value) { parameters.replaceSubrange(pointer.position..<pointer.position + 8, with: $0) }
        }
        return ResolvedLaunch(
            module: module, function: function, grid: grid, block: block, sharedBytes: sharedBytes,
            parameters: parameters)
    }
}

/// A run of a kernel, ready for a device.
package struct ResolvedLaunch: Sendable {
    package let module: KernelModule
    package let function: String
    package let grid: [Int]
    package let block: [Int]
    package let sharedBytes: Int
    /// The bytes of the kernel's one argument.
    package let parameters: [UInt8]
}

/// One operation on every number of a kernel's result, before it is stored.
struct ChainStep {
    var kind: cuda_step_kind
    /// A clamp's bounds, or a number for operand in `lower`.
    var lower: Float = 0
    var upper: Float = 0
    /// Of the shape of the result.
    var operand: View?

    init(_ function: Graph.Operation.Unary) {
        kind =
            switch function {
            case .silu: CUDA_SILU
            case .gelu: CUDA_GELU
            case .geluTanh: CUDA_GELU_TANH
            case .quickGelu: CUDA_QUICK_GELU
            case .relu: CUDA_RELU
            case .tanh: CUDA_TANH
            case .sigmoid: CUDA_SIGMOID
            case .sin: CUDA_SIN
            case .cos: CUDA_COS
            case .exp: CUDA_EXP
            case .sqrt: CUDA_SQRT
            case .round: CUDA_ROUND
            }
    }

    init(clamp lower: Float, _ upper: Float) { (kind, self.lower, self.upper) = (CUDA_CLAMP, lower, upper) }

    /// - Parameter isReversed: the result is the right operand.
    init(_ function: Graph.Operation.Binary, _ operand: Operand, isReversed: Bool = false) {
        kind =
            switch function {
            case .add: CUDA_ADD
            case .subtract: isReversed ? CUDA_SUBTRACT_FROM : CUDA_SUBTRACT
            case .multiply: CUDA_MULTIPLY
            case .divide: isReversed ? CUDA_DIVIDE_INTO : CUDA_DIVIDE
            }
        switch operand {
        case .number(let number): lower = number
        case .view(let view): self.operand = view
        }
    }

    enum Operand {
        case number(Float)
        case view(View)
    }
}
