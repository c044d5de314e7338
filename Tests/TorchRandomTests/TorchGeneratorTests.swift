import Foundation
import Testing
import TorchRandom
import Weights

@Suite struct TorchGeneratorTests {
    /// One generator's draws in `Fixtures/draws.safetensors`, which `make_fixtures.py` wrote.
    struct Case: CustomStringConvertible {
        let seed: String
        let draws: [(kind: String, numbers: [Float])]
        var description: String { "seed \(seed)" }
    }

    static let cases: [Case] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path
        guard
            let file = try? SafetensorsFile(FolderFiles(folder).open("draws.safetensors"))
        else { return [] }
        let draws = file.tensors.map { tensor in
            let parts = tensor.name.split(whereSeparator: { "/.".contains($0) }).map(String.init)
            let numbers = ((try? tensor.bytes()) ?? []).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
            return (seed: parts[0], index: Int(parts[1]) ?? 0, kind: parts[2], numbers: numbers)
        }
        return Dictionary(grouping: draws, by: \.seed).map { seed, draws in
            Case(seed: seed, draws: draws.sorted { $0.index < $1.index }.map { ($0.kind, $0.numbers) })
        }
    }()

    private func generator(_ seed: String) throws -> TorchGenerator {
        if let seed = Int(seed) { return TorchGenerator(seed: seed) }
        return TorchGenerator(seed: try #require(UInt64(seed)))
    }

    @Test func fixturesAreThere() { #expect(Self.cases.count == 12) }

    @Test(arguments: cases) func consecutiveDrawsEqualTorch(_ item: Case) throws {
        var generator = try generator(item.seed)
        for (index, draw) in item.draws.enumerated() {
            if draw.kind == "rand" {
                let drawn = generator.uniforms(draw.numbers.count)
                #expect(drawn.map(\.bitPattern) == draw.numbers.map(\.bitPattern), "draw \(index)")
            } else {
                let drawn = generator.normals(draw.numbers.count)
                let difference = zip(drawn, draw.numbers).map { abs($0 - $1) }.max() ?? .infinity
                #expect(difference <= 4e-6, "draw \(index) of \(draw.numbers.count)")
            }
        }
    }

    @Test func aCopyDrawsTheSame() {
        var one = TorchGenerator(seed: 5)
        _ = one.normals(3)
        var two = one
        #expect(one.normals(20) == two.normals(20))
    }
}
