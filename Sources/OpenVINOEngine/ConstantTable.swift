import Graph

/// The constants of a model, laid out in the one buffer that an IR's `Const` layers point into.
///
/// What the device keeps a packed copy of lies on pages of its own, so that those can be given back after compiling.
struct ConstantTable {
    struct Entry: Sendable {
        let data: any ConstantData
        /// Before widening.
        let stored: DataType
        let byteCount: Int
        let form: Form
        /// Whether the device makes its own copy when it compiles.
        let isPacked: Bool
        let offset: Int
    }
    /// What becomes of the bytes as they are read.
    enum Form: Sendable, Hashable {
        case asStored
        /// float16 and bfloat16 as float32.
        case widened
        /// A 3×3 convolution's weight as `Winograd` wants it, in float32.
        case winograd(outputs: Int, inputs: Int)
    }
    private enum Key: Hashable {
        case node(Int, Form)
        /// Numbers that the writer itself needs, equal where their bytes are.
        case inline([UInt8])
    }

    /// Smaller ones are not worth a system call.
    private static let smallestPacked = 1 << 18
    private static let pageSize = 4096

    private(set) var entries: [Entry] = []
    private var offsets: [Key: Int] = [:]
    private(set) var byteCount = 0

    /// The offset of the bytes of the graph's constant number `node`.
    mutating func place(
        _ data: any ConstantData, _ type: TensorType, node: Int, as form: Form, isPacked: Bool
    ) -> Int {
        place(data, type, .node(node, form), form, isPacked: isPacked)
    }

    mutating func place(_ data: InlineConstant, _ type: TensorType) -> Int {
        place(data, type, .inline(data.bytes), .asStored, isPacked: false)
    }

    private mutating func place(
        _ data: any ConstantData, _ type: TensorType, _ key: Key, _ form: Form, isPacked: Bool
    ) -> Int {
        if let offset = offsets[key] { return offset }
        let count =
            switch form {
            case .asStored: type.byteCount
            case .widened: type.shape.elementCount * DataType.float32.byteCount
            case .winograd(let outputs, let inputs): Winograd.weightCount(outputs, inputs) * DataType.float32.byteCount
            }
        let isPacked = isPacked && count >= Self.smallestPacked
        // Whole cache lines, so that OpenVINO reads numbers in place.
        let alignment = isPacked ? Self.pageSize : 64
        let offset = byteCount.roundedUp(to: alignment)
        byteCount = (offset + count).roundedUp(to: alignment)
        entries.append(
            Entry(
                data: data, stored: type.dataType, byteCount: count, form: form, isPacked: isPacked,
                offset: offset))
        offsets[key] = offset
        return offset
    }
}

extension Int {
    /// - Parameter multiple: a power of two.
    func roundedUp(to multiple: Int) -> Int { (self + multiple - 1) & ~(multiple - 1) }
}
