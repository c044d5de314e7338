package import Graph

/// A place in a model's tree of modules, in diffusers' names: `weights["down_blocks"][0]["resnets"][1]`.
package struct WeightCursor: Sendable {
    let store: WeightStore
    /// "down_blocks.0.resnets.1"; empty at the root.
    package let path: String

    package subscript(_ name: String) -> WeightCursor { WeightCursor(store: store, path: full(name)) }
    package subscript(_ index: Int) -> WeightCursor { self[String(index)] }

    /// Whether there is a tensor of this name here, or a module with tensors in it.
    package func contains(_ name: String) -> Bool {
        store.tensors[full(name)] != nil || store.modules.contains(full(name))
    }

    /// The tensor as the graph computes with it: a constant in its stored type, converted to float32.
    /// - Throws: `WeightsError` where the tensor is missing, has another shape, or is of a type that models do not
    ///   compute with.
    package func constant(_ name: String, _ shape: Shape, in builder: GraphBuilder) throws -> Graph.Value {
        let tensor = try store.use(full(name))
        guard tensor.shape == shape else {
            throw WeightsError(
                .mismatch,
                "its shape is \(tensor.shape), where config.json calls for \(shape); "
                    + "weights and config.json must come from the same model",
                at: tensor.location)
        }
        guard let type = tensor.elementType.weightType else {
            throw WeightsError(
                .unsupported,
                "its elements are \(tensor.elementType.rawValue), where weights are F32, F16 or BF16; "
                    + "use another variant of the model",
                at: tensor.location)
        }
        return builder.convert(
            builder.constant(tensor.data, TensorType(shape, type), name: name), to: .float32)
    }

    private func full(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}
