import Graph
import Testing

@testable import CUDAEngine

/// How many kernels a graph becomes, and where their memory lies.
@Suite struct LoweringTests {
    private let builder = GraphBuilder()

    private func weight(_ shape: Shape) -> Graph.Value {
        builder.constant(
            InlineConstant([Float](repeating: 1, count: shape.elementCount)), TensorType(shape), name: "weight")
    }

    private func lowered() throws -> LoweredProgram {
        try Lowering.lower(
            builder.finish(), .bfloat16, borderElement: .bfloat16, traits: DeviceTraits(processors: 1))
    }

    /// Norm and activation, convolution and time, norm and activation, convolution, bias and residual.
    @Test func aResnetIsSixKernelsAndTwoCopies() throws {
        let x = builder.input("x", TensorType([1, 32, 8, 8]), from: .frame)
        let time = builder.input("time", TensorType([1, 32, 1, 1]), from: .strength)
        var hidden = x
        for index in 0..<2 {
            hidden = builder.silu(
                try builder.groupNorm(hidden, weight: weight([32]), bias: weight([32]), groups: 4, epsilon: 1e-5))
            hidden = try builder.conv2d(
                hidden, weight: weight([32, 32, 3, 3]), bias: weight([32]), padding: .init(1))
            if index == 0 { hidden = try builder.add(hidden, time) }
        }
        builder.output("y", try builder.add(hidden, x))
        // In at the border and out, from and to row-major float32.
        #expect(
            try lowered().body.map(\.function) == [
                "elementwise", "groupNormSums", "groupNorm", "product", "groupNormSums", "groupNorm", "product",
            ])
    }

    @Test func attentionOfTokensCopiesNothing() throws {
        let x = builder.input("x", TensorType([1, 48, 64]), from: .frame)
        let parts = try (0..<3).map { _ in try builder.linear(x, weight: weight([64, 64]), bias: nil) }
        let mixed = try builder.attention(query: parts[0], key: parts[1], value: parts[2], heads: 2)
        let out = try builder.linear(mixed, weight: weight([64, 64]), bias: weight([64]))
        builder.output("y", try builder.add(out, x))
        #expect(try lowered().body.map(\.function) == ["product", "product", "product", "attention", "product"])
    }

    @Test func weightsAreLaidOutOnceAndTheirBytesLetGo() throws {
        let x = builder.input("x", TensorType([1, 16, 8, 8]), from: .frame)
        builder.output(
            "y", try builder.conv2d(x, weight: weight([16, 16, 3, 3]), bias: nil, padding: .init(1)))
        let program = try lowered()
        let plan = MemoryPlan(program)
        #expect(program.preparation.count == 2)
        #expect(plan.keptBytes == 16 * 16 * 9 * 2)
        #expect(plan.preparationBytes == 16 * 16 * 9 * 4)
    }

    /// A chain of copies needs room for two at a time.
    @Test func memoryIsUsedAgain() throws {
        var x = builder.input("x", TensorType([1, 64, 64]), from: .frame)
        for _ in 0..<6 { x = try builder.linear(x, weight: weight([64, 64]), bias: nil) }
        builder.output("y", x)
        #expect(MemoryPlan(try lowered()).scratchBytes == 2 * 64 * 64 * 2)
    }

    @Test func smallProductsAreSplit() throws {
        let tile = ProductTile.choose(
            .bfloat16, vectors: true, pixels: 64, outputs: 64, groups: 1, processors: 132)
        #expect(tile.splits(blocks: 1, depth: 1280, processors: 132) == 8)
        #expect(tile.splits(blocks: 1, depth: 64, processors: 132) == 1)
        #expect(tile.splits(blocks: 132, depth: 1280, processors: 132) == 1)
    }

    /// Consumers' devices have 99 KiB of shared memory a block.
    @Test func everyTileFitsConsumersDevices() {
        for element in ElementType.allCases {
            let products = [true, false].flatMap { ProductTile.choices(element, vectors: $0) }
            let sizes =
                products.map { $0.sharedBytes(element) }
                + AttentionTile.choices(element).map { $0.sharedBytes(element) }
            #expect(sizes.allSatisfy { $0 <= 99 << 10 }, "\(element): \(sizes)")
        }
    }
}
