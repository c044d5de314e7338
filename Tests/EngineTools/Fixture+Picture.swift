import Diffusion
package import Graph

extension Fixture {
    /// What becomes of the case's frame the whole way that a stream takes: partitioned, settings programs first, then the
    /// frame, all steps.
    /// - Parameter maximumSegmentBytes: cuts the graph as big models are; nil: not.
    package func picture(_ test: Case, on engine: any Engine, maximumSegmentBytes: Int? = nil) throws -> [UInt8] {
        let model = try model(test)
        let graph = try model.imageToImageGraph(test.size, maximumSegmentBytes: maximumSegmentBytes)
        let instance = try Program(graph, engine: engine).makeInstance(steps: test.steps)
        instance.activate(try instance.prepare(inputs(test, model)))
        var picture = try bytes("\(test.label).frame")
        let frame = picture
        try frame.withUnsafeBytes { frame in
            try picture.withUnsafeMutableBytes { try instance.restyle(frame, into: $0) }
        }
        return picture
    }
}
