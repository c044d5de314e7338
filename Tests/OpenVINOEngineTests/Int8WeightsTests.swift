import EngineTools
import Graph
import Testing

@Suite struct Int8WeightsTests {
    /// The activations stay float32: what differs between the engines is the order of sums.
    @Test(
        arguments: [DataType.float32, .float16, .bfloat16],
        [[1, 64, 96], [1, 5, 320], [1, 20, 512], [7, 33]] as [Shape])
    func linear(_ stored: DataType, _ shape: Shape) throws {
        var comparison = Comparison()
        let x = comparison.input(shape)
        let (first, second) = (
            comparison.weight([2 * shape[-1], shape[-1]], as: stored),
            comparison.weight([40, 2 * shape[-1]], as: stored)
        )
        let rounded = { (graph: Graph) in graph.withInt8Weights() }
        let difference = try comparison.difference(pass: rounded) {
            [try $0.linear(try $0.linear(x, weight: first, bias: nil), weight: second, bias: nil)]
        }
        #expect(difference < 1e-5)
    }
}
