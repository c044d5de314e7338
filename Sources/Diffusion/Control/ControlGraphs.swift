import Graph
import Weights

/// A model's controls in its graph: what they make of their pictures once a frame, and what they add to the UNet.
struct ControlGraphs {
    /// What a control has made of its picture, before the first step.
    enum Look {
        /// A ControlNet's embedding, and its scale.
        case embedding(Value, scale: Value)
        /// A T2I-Adapter's features, scaled.
        case features([Value])
    }

    let controls: [ModelControl]
    let height, width: Int
    let maximumSegmentBytes: Int?
    /// See `ImageToImageGraph`.
    let exposedStages: Set<String>

    /// Whether one of them looks at the latents as well, which each step changes.
    var runsEachStep: Bool {
        controls.contains { if case .controlNet = $0.network { true } else { false } }
    }

    /// The segment "condition": once a frame.
    func looks(_ builder: GraphBuilder) throws -> [Look] {
        if !controls.isEmpty { builder.beginSegment("condition") }
        return try controls.enumerated().map { index, control in
            let image = builder.input(
                ImageToImageGraph.Input.controlImage(index), TensorType([1, height, width, 3], .uint8), from: .frame)
            let scale = builder.input(ImageToImageGraph.Input.controlScale(index), TensorType([1]), from: .control)
            var picture = try PictureConversion.unitFloats(image, builder)
            // A grey picture's channels are equal.
            if control.channels == 1 { picture = try builder.slice(picture, axis: 1, 0..<1) }
            return try builder.scope("control.\(index)") {
                let module = Module(weights: control.weights.root, builder: builder)
                switch control.network {
                case .controlNet(let network):
                    let embedding = try network.embedding(of: picture, module)
                    expose("control.\(index).embedding", embedding, builder)
                    return .embedding(embedding, scale: scale)
                case .adapter(let adapter):
                    let features = try adapter(picture, scale: scale, module)
                    for (level, feature) in features.enumerated() {
                        expose("control.\(index).feature.\(level)", feature, builder)
                    }
                    return .features(features)
                }
            }
        }
    }

    /// The segment "control", once a step: several controls' shares are added up.
    func residuals(
        _ looks: [Look], _ sample: Value, _ conditions: UNet2DConditionModel.Conditions, _ builder: GraphBuilder
    ) throws -> UNet2DConditionModel.Residuals {
        var sum = UNet2DConditionModel.Residuals()
        let cutter = SegmentCutter(builder, name: "control", maximumBytes: maximumSegmentBytes)
        for (index, look) in looks.enumerated() {
            switch (look, controls[index].network) {
            case (.embedding(let embedding, let scale), .controlNet(let network)):
                let own = try builder.scope("control.\(index)") {
                    try network(
                        sample, embedding: embedding, conditions, scale: scale, cut: cutter.cut,
                        Module(weights: controls[index].weights.root, builder: builder))
                }
                for (level, residual) in own.down.enumerated() {
                    expose("control.\(index).down.\(level)", residual, builder)
                }
                expose("control.\(index).mid", own.mid, builder)
                sum.down = try sum.down.isEmpty ? own.down : zip(sum.down, own.down).map(builder.add)
                sum.mid = try sum.mid.map { try builder.add($0, own.mid) } ?? own.mid
            case (.features(let features), _):
                sum.intrablock = try sum.intrablock.isEmpty ? features : zip(sum.intrablock, features).map(builder.add)
            case (.embedding, .adapter): break
            }
        }
        return sum
    }

    private func expose(_ name: String, _ value: Value, _ builder: GraphBuilder) {
        if exposedStages.contains(name) { builder.output(name, value) }
    }
}
