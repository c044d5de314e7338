import EngineTools
import Graph

@testable import Diffusion

extension DiffusionModel {
    /// Values between the stages of the partitioned graph, part after part; of several steps the first.
    /// - Parameter inputs: the graph's, by name.
    func values(
        of stages: [String], _ size: WorkingSize, _ inputs: [String: [UInt8]], on engine: any Engine
    ) throws -> [String: [UInt8]] {
        var values = inputs
        var whole = try imageToImage(size)
        whole.exposedStages = Set(stages)
        let partition = try whole.build().partitioned()
        for part in partition.settings + partition.segments {
            values.merge(try engine.evaluate(part.graph, values)) { _, new in new }
        }
        return values
    }
}
