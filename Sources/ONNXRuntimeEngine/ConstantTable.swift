import Graph

/// The constants of a model, laid out in one piece of memory in the form that its nodes want them.
struct ConstantTable {
    /// What becomes of the bytes as they are read.
    struct Form: Sendable, Hashable {
        let dataType: DataType
        /// Rows become columns: torch keeps a product's matrix as [outputs, inputs], ONNX's MatMul takes [inputs, outputs].
        var isTransposed = false
    }

    struct Entry: Sendable {
        let data: any ConstantData
        let stored: TensorType
        let form: Form
        let offset: Int
        var byteCount: Int { stored.shape.elementCount * form.dataType.byteCount }
    }

    private enum Key: Hashable {
        case node(Int, Form)
        /// Numbers that the lowering itself needs, equal where their bytes are.
        case inline([UInt8])
    }

    private(set) var entries: [Entry] = []
    private(set) var byteCount = 0
    private var offsets: [Key: Int] = [:]

    /// The offset of the bytes of the graph's constant number `node`.
    mutating func place(_ data: any ConstantData, _ stored: TensorType, node: Int, as form: Form) -> Int {
        place(data, stored, .node(node, form), form)
    }

    mutating func place(_ data: InlineConstant, _ type: TensorType) -> Int {
        place(data, type, .inline(data.bytes), Form(dataType: type.dataType))
    }

    private mutating func place(_ data: any ConstantData, _ stored: TensorType, _ key: Key, _ form: Form) -> Int {
        if let offset = offsets[key] { return offset }
        let entry = Entry(data: data, stored: stored, form: form, offset: byteCount)
        // Whole cache lines, so that nothing is copied for its alignment.
        byteCount = (byteCount + entry.byteCount + 63) & ~63
        entries.append(entry)
        offsets[key] = entry.offset
        return entry.offset
    }
}
