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
