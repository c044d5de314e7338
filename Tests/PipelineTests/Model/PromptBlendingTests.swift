import Diffusion
import Testing

@testable import Pipeline

@Suite struct PromptBlendingTests {
    private func embedding(_ values: [Float], pooled: [Float]? = nil) -> PromptEmbedding {
        PromptEmbedding(hiddenStates: values, pooled: pooled)
    }

    @Test func slerpTurnsEachTokenAndKeepsItsLength() {
        let (start, end) = (embedding([2, 0, 1, 0]), embedding([0, 2, 1, 0]))
        let half = start.slerp(to: end, progress: 0.5, features: 2)
        let root = Float(2).squareRoot()
        #expect(zip(half.hiddenStates, [root, root, 1, 0]).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(start.slerp(to: end, progress: 0, features: 2).hiddenStates == start.hiddenStates)
    }

    @Test func slerpOfOpposedOrEmptyVectorsStaysFinite() {
        let blend = embedding([1, 0, 0, 0]).slerp(to: embedding([-1, 0, 3, 0]), progress: 0.25, features: 2)
        #expect(blend.hiddenStates.allSatisfy { $0.isFinite })
        #expect(blend.hiddenStates[0] == 0.5)
    }

    @Test func sumsWithWeightsAndPools() {
        let sum = PromptEmbedding.sum([
            (0.75, embedding([4, 0], pooled: [8])), (0.25, embedding([0, 4], pooled: [0])),
        ])
        #expect(sum?.hiddenStates == [3, 1])
        #expect(sum?.pooled == [6])
    }
}
