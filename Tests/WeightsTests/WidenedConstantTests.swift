import Graph
import Testing

@testable import Weights

@Suite struct WidenedConstantTests {
    private func tensors() throws -> [String: WeightTensor] {
        let file = try SafetensorsFile(FolderFiles(Fixtures.folder).open("widened.safetensors"))
        return Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0) })
    }

    @Test(arguments: [("e4m3", DataType.float16, 254), ("e5m2", .float16, 248), ("f64", .float32, 204)])
    func numbersEqualTorch(_ name: String, _ type: DataType, _ count: Int) throws {
        let tensors = try tensors()
        let (tensor, expected) = (try #require(tensors[name]), try #require(tensors[name + ".float"]))
        #expect(tensor.shape == [count])
        let (data, computed) = try tensor.numbers()
        #expect(computed == type)
        let values = try FloatValues(data, type).values(count: count)
        let wanted = try expected.bytes().withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        #expect(values.map(\.bitPattern) == wanted.map(\.bitPattern))
    }

    private func tensor(_ type: String, _ bytes: [UInt8], count: Int) throws -> WeightTensor {
        let header = "{\"w\":{\"dtype\":\"\(type)\",\"shape\":[\(count)],\"data_offsets\":[0,\(bytes.count)]}}"
        return try SafetensorsFile(MemoryFile(name: "x", bytes: SafetensorsBuilder.file(header, bytes))).tensors[0]
    }

    @Test(
        arguments: [
            ("F8_E4M3", [0x7F]), ("F8_E4M3", [0xFF]), ("F8_E5M2", [0x7C]), ("F8_E5M2", [0xFD]),
            ("F64", withUnsafeBytes(of: Double.infinity) { Array($0) }),
            ("F64", withUnsafeBytes(of: 1e39) { Array($0) }),
        ] as [(String, [UInt8])])
    func numbersThatAreNotFiniteAreNamed(_ type: String, _ bytes: [UInt8]) throws {
        let (data, computed) = try tensor(type, bytes, count: 1).numbers()
        let error = #expect(throws: WeightsError.self) { try FloatValues(data, computed).values(count: 1) }
        #expect(error?.code == .notFinite && error?.location.tensor == "w")
    }

    @Test(arguments: ["I8", "U8", "BOOL", "F8_E8M0", "F8_E4M3FNUZ"])
    func otherTypesAreRefusedByName(_ type: String) throws {
        let error = #expect(throws: WeightsError.self) { try tensor(type, [1], count: 1).numbers() }
        #expect(error?.code == .unsupported && error?.message.contains(type) == true)
    }
}
