package import Weights

/// Where a model's parts come from.
package struct ModelSources: Sendable {
    /// The diffusers folder: model_index.json and a folder for each part.
    package var model: any ModelFiles
    /// In place of the folder's own parts: the part's own folder (config.json at its top), or a whole model's.
    package var autoencoder, unet, scheduler: (any ModelFiles)?
    /// In place of scheduler_config.json's `prediction_type`.
    package var predictionType: Scheduler.PredictionType?
    /// "fp16" takes the files named so; nil takes the plain ones, or else the only variant there is.
    package var variant: String?
    /// Merged into the UNet and the text encoders, wherever those come from.
    package var loras: [LoRAFile]

    package init(
        model: any ModelFiles, autoencoder: (any ModelFiles)? = nil, unet: (any ModelFiles)? = nil,
        scheduler: (any ModelFiles)? = nil, predictionType: Scheduler.PredictionType? = nil, variant: String? = nil,
        loras: [LoRAFile] = []
    ) {
        (self.model, self.autoencoder, self.unet, self.scheduler) = (model, autoencoder, unet, scheduler)
        (self.predictionType, self.variant, self.loras) = (predictionType, variant, loras)
    }
}
