import Graph

/// Lowers a graph to kernels, node by node.
///
/// Values are views wherever that will do: transposes, slices and most reshapes move nothing, so that a feature map whose
/// channels lie side by side is a sequence of tokens as it stands. Kernels wait (`Pending`) until someone needs their
/// numbers, and take on what follows them until then.
struct Lowering {
    enum LoweredValue {
        case view(View)
        case pending(Pending)
    }
    private struct Copy: Hashable {
        let view: View
        let order: [Int]
        let type: DataType
    }

    let graph: Graph
    let traits: DeviceTraits
    /// What matrices are multiplied in, and how feature maps are stored.
    let element: ElementType
    /// How token sequences are stored between programs.
    let borderElement: ElementType
    var program = LoweredProgram()
    private var values: [Int: LoweredValue] = [:]
    private var copies: [Copy: View] = [:]
    /// How often each node is read, as an operand or an output.
    private let uses: [Int]
    /// Whether every reader of a node multiplies matrices or norms: then it is stored as `element`.
    private let feedsProductsOnly: [Bool]
    private var outputViews: [String: View] = [:]

    /// - Throws: `EngineError.compileFailed` naming the node that there is no kernel for.
    static func lower(
        _ graph: Graph, _ element: ElementType, borderElement: ElementType, traits: DeviceTraits
    ) throws -> LoweredProgram {
        var lowering = Lowering(graph, element, borderElement, traits)
        try lowering.lowerAll()
        return lowering.program
    }

    private init(_ graph: Graph, _ element: ElementType, _ borderElement: ElementType, _ traits: DeviceTraits) {
        (self.graph, self.element, self.borderElement, self.traits) = (graph, element, borderElement, traits)
        var uses = [Int](repeating: 0, count: graph.nodes.count)
        var feeds = [Bool](repeating: true, count: graph.nodes.count)
        for binding in graph.outputs {
            uses[binding.value.index] += 1
            feeds[binding.value.index] = false
        }
        for (index, node) in graph.nodes.enumerated().reversed() {
            for operand in node.operands {
                uses[operand.index] += 1
                if !(node.operation.multipliesOrNorms || node.operation.isView && feeds[index]) {
                    feeds[operand.index] = false
                }
            }
        }
        (self.uses, feedsProductsOnly) = (uses, feeds)
    }

    private mutating func lowerAll() throws {
        for input in graph.inputs {
            let type = graph[input.value].type
            let border = type.border(borderElement)
            let storage = program.makeStorage(border.byteCount, .input(input.name))
            values[input.value.index] = .view(View(storage: storage, border.shape, border.dataType))
        }
        for output in graph.outputs {
            let border = graph[output.value].type.border(borderElement)
            let storage = program.makeStorage(border.byteCount, .output(output.name))
            outputViews[output.name] = View(storage: storage, border.shape, border.dataType)
        }
        // Kernels count elements in 32 bits.
        if let node = graph.nodes.first(where: { $0.type.shape.elementCount > Int32.max }) {
            throw EngineError(.compileFailed, "\(node.name) of \(node.type) is too large; use a smaller --size")
        }
        let needed = graph.neededNodes
        for (index, node) in graph.nodes.enumerated() where needed.contains(index) {
            switch node.operation {
            case .input, .constant: continue
            default: values[index] = try lower(node, index)
            }
        }
        for output in graph.outputs {
            guard let target = outputViews[output.name] else { continue }
            try write(output.value, into: target)
        }
    }

    // MARK: Operands

    /// A node's numbers, computed by now.
    mutating func view(_ value: Graph.Value) throws -> View {
        switch values[value.index] {
        case .view(let view): return view
        case .pending(let pending):
            let isProduct = !pending.isElementwise
            let type = pending.stored ?? (isProduct ? element.dataType : storedType(graph[value], value.index))
            let view = try launch(pending, storedAs: type)
            values[value.index] = .view(view)
            return view
        case nil:
            let node = graph[value]
            guard case .constant(let data) = node.operation else {
                throw EngineError(.compileFailed, "\(node.name) is read before it is computed")
            }
            let view = program.upload(data, node.type)
            values[value.index] = .view(view)
            return view
        }
    }

    /// A node's kernel, if it waits for its only reader.
    func pending(_ value: Graph.Value) -> Pending? {
        guard case .pending(let pending) = values[value.index], uses[value.index] == 1 else { return nil }
        return pending
    }

    /// The number that a constant of one element is.
    func number(_ value: Graph.Value) -> Float? {
        let node = graph[value]
        guard case .constant(let data) = node.operation, let inline = data as? InlineConstant,
            node.type.dataType == .float32, node.type.shape.elementCount == 1, inline.bytes.count == 4
        else { return nil }
        return inline.bytes.withUnsafeBytes { $0.loadUnaligned(as: Float.self) }
    }

    /// How what no kernel of matrices or norms makes is stored.
    func storedType(_ node: Graph.Node, _ index: Int) -> DataType {
        guard node.type.dataType == .float32 else { return node.type.dataType }
        return feedsProductsOnly[index] ? element.dataType : .float32
    }

    // MARK: Results

    /// The numbers where and how a kernel needs them: copied unless they lie so already.
    /// - Parameter order: axes from the outermost to the innermost, without gaps.
    mutating func dense(_ view: View, _ order: [Int]? = nil, as type: DataType) throws -> View {
        let order = order ?? Array(0..<view.shape.rank)
        if view.type == type, view.isDense(order) { return view }
        return try copied(view, order, type)
    }

    /// The numbers with the last axis side by side, and any gaps elsewhere.
    mutating func rows(_ view: View, as type: DataType) throws -> View {
        let repeats = view.strides.indices.contains { view.strides[$0] == 0 && view.shape[$0] != 1 }
        if view.type == type, view.isInnermost(view.shape.rank - 1), !repeats { return view }
        return try copied(view, Array(0..<view.shape.rank), type)
    }

    /// The same numbers under another shape.
    mutating func reshaped(_ view: View, _ shape: Shape) throws -> View {
        if let result = view.reshaped(shape) { return result }
        let copy = try dense(view, as: view.type)
        guard let result = copy.reshaped(shape) else {
            throw EngineError(.compileFailed, "\(view.shape) could not be reshaped to \(shape)")
        }
        return result
    }

    private mutating func copied(_ view: View, _ order: [Int], _ type: DataType) throws -> View {
        let key = Copy(view: view, order: order, type: type)
        if let known = copies[key] { return known }
        let result = makeView(view.shape, type, order: order)
        try copy(view, into: result)
        copies[key] = result
        return result
    }

    mutating func copy(_ view: View, into target: View) throws {
        try launchElementwise(Pending.Elementwise(input: view), [], into: target)
    }

    mutating func makeView(_ shape: Shape, _ type: DataType, order: [Int]? = nil) -> View {
        let storage = program.makeStorage(shape.elementCount * type.byteCount)
        return View(storage: storage, shape, type, order: order)
    }

    /// Puts a node's numbers into a place that others look at: its kernel writes there if it waits for nothing else.
    mutating func write(_ value: Graph.Value, into target: View) throws {
        if let pending = pending(value), let place = placeOfBase(target, in: pending),
            pending.stored == nil || pending.stored == target.type
        {
            try launch(pending, into: place)
            values[value.index] = .view(target)
        } else {
            try copy(try view(value), into: target)
        }
    }

    /// Where the base's result has to go for the value to end up in `target`; nil where the path does not allow it.
    private func placeOfBase(_ target: View, in pending: Pending) -> View? {
        var place = target
        for move in pending.path.reversed() {
            switch move {
            case .transpose(let permutation): place = place.transposed(permutation.inverse)
            case .reshape(let shape):
                guard let moved = place.reshaped(shape) else { return nil }
                place = moved
            }
        }
        return place
    }

    private mutating func launch(_ pending: Pending, storedAs type: DataType) throws -> View {
        let result = makeView(pending.baseShape, type, order: pending.order)
        try launch(pending, into: result)
        var value = pending.view
        (value.storage, value.type) = (result.storage, type)
        return value
    }

    private mutating func launch(_ pending: Pending, into target: View) throws {
        switch pending.base {
        case .elementwise(let elementwise): try launchElementwise(elementwise, pending.steps, into: target)
        case .product(let product): try launchProduct(product, pending.steps, into: target)
        case .groupNorm(let norm, let groups): try launchGroupNorm(norm, groups, pending.steps, into: target)
        case .layerNorm(let norm): try launchLayerNorm(norm, pending.steps, into: target)
        }
    }

    /// An operand of the value's shape as one of the base's shape.
    mutating func operand(_ view: View, of pending: Pending) throws -> View {
        var place = view.broadcast(to: pending.view.shape)
        for move in pending.path.reversed() {
            switch move {
            case .transpose(let permutation): place = place.transposed(permutation.inverse)
            case .reshape(let shape): place = try reshaped(place, shape)
            }
        }
        return place
    }
}

extension [Int] {
    /// Of a permutation.
    var inverse: [Int] {
        var result = self
        for (position, axis) in enumerated() { result[axis] = position }
        return result
    }
}
