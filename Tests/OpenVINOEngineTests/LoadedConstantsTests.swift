import EngineTools
import Graph
import Testing

@testable import OpenVINOEngine

@Suite struct LoadedConstantsTests {
    /// Every float16 that is a number, subnormals and both zeros included, in a length that is no multiple of a block.
    @Test func widensEveryFloat16() throws {
        let patterns = (0...UInt16.max).filter { $0 & 0x7c00 != 0x7c00 } + [1, 2, 3]
        try check(patterns, .float16) { Float(Float16(bitPattern: $0)) }
    }

    @Test func widensEveryBFloat16() throws {
        let patterns = (0...UInt16.max).filter { $0 & 0x7f80 != 0x7f80 } + [1, 2, 3]
        try check(patterns, .bfloat16) { Float(bitPattern: UInt32($0) << 16) }
    }

    private func check(_ patterns: [UInt16], _ type: DataType, _ value: (UInt16) -> Float) throws {
        var table = ConstantTable()
        let data = InlineConstant(bytes: patterns.withUnsafeBytes { Array($0) })
        let offset = table.place(data, TensorType([patterns.count], type), node: 0, as: .widened, isPacked: false)
        let constants = try LoadedConstants(table)
        for (index, pattern) in patterns.enumerated() {
            let number = constants.bytes.loadUnaligned(fromByteOffset: offset + 4 * index, as: Float.self)
            guard number.bitPattern == value(pattern).bitPattern else {
                Issue.record("\(pattern) became \(number)")
                return
            }
        }
    }

    @Test func aReleasedConstantThatIsReadAgainIsRestored() throws {
        var table = ConstantTable()
        let count = 1 << 17
        let offsets = (0..<3).map { node in
            let data = InlineConstant([Float](repeating: Float(node + 1), count: count))
            return table.place(data, TensorType([count]), node: node, as: .asStored, isPacked: node != 0)
        }
        let constants = try LoadedConstants(table)
        func last(_ index: Int) -> Float {
            constants.bytes.load(fromByteOffset: offsets[index] + 4 * (count - 1), as: Float.self)
        }
        constants.release()
        #expect(try constants.restoreTouched() == 0)
        // The first was not packed; reading the second is noticed, and only that.
        #expect(last(0) == 1)
        #expect(last(1) == 0)
        #expect(try constants.restoreTouched() == 1)
        #expect(last(1) == 2)
        #expect(last(2) == 0)
    }

    @Test func aConstantIsStoredOnceForEachFormItIsReadIn() throws {
        var table = ConstantTable()
        let data = InlineConstant(bytes: [UInt8](repeating: 0, count: 128))
        let type = TensorType([64], .float16)
        let plain = table.place(data, type, node: 3, as: .asStored, isPacked: false)
        let wide = table.place(data, type, node: 3, as: .widened, isPacked: false)
        #expect(plain != wide)
        #expect(table.place(data, type, node: 3, as: .widened, isPacked: false) == wide)
        #expect(table.entries.map(\.byteCount) == [128, 256])
    }

    @Test func aWeightThatCannotBeReadIsTold() throws {
        struct Unreadable: ConstantData {
            func copy(into buffer: UnsafeMutableRawBufferPointer) throws { throw EngineError(.runFailed, "cut short") }
        }
        let builder = GraphBuilder()
        builder.output("y", builder.constant(Unreadable(), TensorType([2]), name: "w"))
        let engine = try Comparison.engine()
        let error = #expect(throws: EngineError.self) { _ = try engine.compile(builder.finish(), label: "test") }
        #expect(error?.message == "cut short")
    }
}
