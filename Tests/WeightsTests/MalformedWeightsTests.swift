import Graph
import Testing

@testable import Weights

@Suite struct MalformedWeightsTests {
    @Test func thereAreManyKinds() { #expect(MalformedWeights.files.count >= 40) }

    @Test(arguments: MalformedWeights.files)
    func refusedNamingTensorAndByte(_ item: MalformedWeights) {
        // A file that claims any size reads only as much as it has: see `BoundedFile`.
        let file = BoundedFile(item.bytes)
        let error = #expect(throws: WeightsError.self) { try SafetensorsFile(file) }
        #expect(error?.code == item.code, "\(String(describing: error))")
        #expect(error?.location.tensor == item.tensor, "\(String(describing: error))")
        #expect(error?.location.byte == item.byte, "\(String(describing: error))")
        #expect(error?.location.file == "bounded")
        #expect(file.largestRead <= item.bytes.count)
    }

    @Test(arguments: [ElementType.f32, .f16, .bf16], [Float.nan, .infinity, -.infinity])
    func numbersThatAreNotFiniteAreNamed(_ type: ElementType, _ number: Float) throws {
        var builder = SafetensorsBuilder()
        builder.add("fine", [3], [1, 2, 3], as: type)
        var values = [Float](repeating: 0.5, count: 5000)
        values[4321] = number
        builder.add("spoilt", [5000], values, as: type)
        let tensors = try SafetensorsFile(MemoryFile(name: "x", bytes: builder.file)).tensors
        #expect(try tensors[0].bytes().count == tensors[0].byteCount)
        let error = #expect(throws: WeightsError.self) { try tensors[1].bytes() }
        #expect(error?.code == .notFinite && error?.location.tensor == "spoilt")
        #expect(error?.location.byte == (tensors[1].location.byte ?? 0) + 4321 * type.bitCount / 8)
    }
}

/// A file that notes how much is asked of it at once.
private final class BoundedFile: ModelFile {
    private let file: MemoryFile
    private nonisolated(unsafe) var largest = 0

    init(_ bytes: [UInt8]) { file = MemoryFile(name: "bounded", bytes: bytes) }

    var largestRead: Int { largest }
    var name: String { file.name }
    var byteCount: Int { file.byteCount }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        largest = max(largest, buffer.count)
        try file.read(at: offset, into: buffer)
    }
}
