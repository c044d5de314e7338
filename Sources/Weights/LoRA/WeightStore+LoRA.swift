extension WeightStore {
    /// The same weights with LoRAs merged into them as they are read.
    /// - Parameter part: which of the adapted parts these weights are: "unet", "text_encoder", "text_encoder_2".
    /// - Throws: where a LoRA adapts a layer that is not there, naming the key.
    package func merging(_ loras: [LoRAFile], into part: String) throws -> WeightStore {
        let layers = LoRALayers(self)
        var tensors = tensors
        for lora in loras {
            for (module, adapter) in lora.adapters where module.part == part {
                guard let down = adapter.down, let up = adapter.up else { continue }
                guard let name = layers.weight(of: module), let tensor = tensors[name] else {
                    throw WeightsError(
                        .leftOverTensor, "the model's \(part) has no layer for it; the LoRA is made for another model",
                        at: down.location)
                }
                tensors[name] = try tensor.merged(down: down, up: up, alpha: adapter.alpha, scale: lora.scale)
            }
        }
        return try WeightStore(tensors.values, description: description)
    }
}
