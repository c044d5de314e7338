import Diffusion
package import Graph

extension Fixture {
    /// What becomes of the case's frame the whole way that a stream takes: partitioned, settings programs first, then the
    /// frame, all steps.
    /// - Parameters:
    ///   - maximumSegmentBytes: cuts the graph as big models are; nil: not.
    ///   - isControlled: false leaves the case's controls out.
    package func picture(
        _ test: Case, on engine: any Engine, maximumSegmentBytes: Int? = nil, isControlled: Bool = true
    ) throws -> [UInt8] {
        let model = try isControlled ? model(test) : model()
        let graph = try model.imageToImageGraph(test.size, maximumSegmentBytes: maximumSegmentBytes)
        let instance = try Program(graph, engine: engine).makeInstance(steps: test.steps)
        instance.activate(try instance.prepare(inputs(test, model)))
        var picture = try bytes("\(test.label).frame")
        let frame = picture
        let others = try isControlled ? controlImages(test) : []
        try frame.withUnsafeBytes { frame in
            try picture.withUnsafeMutableBytes { try instance.restyle(frame, others, into: $0) }
        }
        return picture
    }
}
