import Weights

/// model_index.json: which class each part is of.
struct ModelIndex {
    private let config: PartConfig

    /// - Throws: where the folder is none of diffusers'.
    init(_ files: any ModelFiles) throws {
        guard files.exists("model_index.json") else {
            throw DiffusionError(
                .partMissing,
                "no model_index.json here: a model is a folder as diffusers saves it, with unet/, vae/, text_encoder/, "
                    + "tokenizer/ and scheduler/ in it",
                at: files.description)
        }
        config = try PartConfig("model_index.json", of: files)
    }

    /// "unet": ["diffusers", "UNet2DConditionModel"].
    func className(of part: String) -> String? {
        guard let entry = try? config.optional(part, as: [String].self), entry.count == 2 else { return nil }
        return entry[1]
    }
}
