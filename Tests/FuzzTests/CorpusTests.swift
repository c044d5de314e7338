import Foundation
import Testing

/// The fuzzer's corpus as ordinary tests, and a short walk around each of its inputs. `./run` is the fuzzer itself.
@Suite struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")
    private static let runsAll = ProcessInfo.processInfo.environment["RESTYLED_TEST_ALL"] == "1"

    private static let inputs: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()

    @Test func everyReaderHasInputs() throws {
        let readers = try Self.inputs.compactMap { try Data(contentsOf: Self.folder.appending(path: $0)).first }
        #expect(Set(readers.map { $0 % UInt8(FuzzTarget.allCases.count) }).count == FuzzTarget.allCases.count)
    }

    /// A trap ends the whole test process: to have come through is the test.
    @Test(arguments: inputs) func comesThrough(_ name: String) throws {
        let input = [UInt8](try Data(contentsOf: Self.folder.appending(path: name)))
        FuzzTarget.run(input)
        var generator = SplitMix64(state: UInt64(input.count))
        for _ in 0..<(Self.runsAll ? 20_000 : 200) {
            var changed = input
            for _ in 0..<Int.random(in: 1...4, using: &generator) { mutate(&changed, &generator) }
            FuzzTarget.run(changed)
        }
    }

    private func mutate(_ input: inout [UInt8], _ generator: inout SplitMix64) {
        guard input.count > 1 else { return }
        let place = Int.random(in: 1..<input.count, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: input[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: input[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: input.remove(at: place)
        case 3: input.insert(contentsOf: input[place...].prefix(Int.random(in: 1...32, using: &generator)), at: place)
        default: input.removeSubrange(place..<min(input.count, place + Int.random(in: 1...32, using: &generator)))
        }
    }
}

/// Random numbers that are the same in every run. https://prng.di.unimi.it/splitmix64.c
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
