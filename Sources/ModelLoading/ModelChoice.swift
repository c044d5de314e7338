import Diffusion
import Foundation
package import Settings
import Weights

extension ModelChoice {
    /// Reads headers and configurations; weights are found but not yet read.
    /// - Parameter environment: says where the cache is.
    /// - Throws: `WeightsError` or `DiffusionError` naming what is missing or does not fit.
    package func open(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> OpenedModel {
        let cache = HubCache(environment: environment)
        func files(_ name: String, tokenizer: (any ModelFiles)? = nil) throws -> any ModelFiles {
            if name == PocketModel.name { return PocketModel.files }
            do {
                return try ModelLocation(name).open(tokenizer: tokenizer, cache: cache)
            } catch let error as WeightsError where error.code == .notFound && !name.contains("/") {
                // A model's own name without its owner's.
                let known = CachedModel.wellKnown + CachedModel.all(in: cache).map(\.name)
                guard
                    let meant = known.first(where: {
                        $0.split(separator: "/").last.map(String.init) == name.lowercased()
                    })
                else { throw error }
                throw WeightsError(
                    .notFound,
                    "there is no such model here; did you mean --model \(meant)? If it is not in the cache "
                        + "yet: restyled models pull \(meant)", file: name)
            }
        }
        let tokenizers = try tokenizer.map { try files($0) }
        let whole = try files(model, tokenizer: tokenizers)
        func part(_ name: String, from place: String) throws -> any ModelFiles {
            guard case .checkpoint(let path) = ModelLocation(place) else { return try files(place) }
            return try PartWeightsFile(DiskFile(path), part: name, of: whole)
        }
        var sources = ModelSources(model: whole)
        sources.autoencoder = try vae.map { try part("vae", from: $0) }
        sources.unet = try unet.map { try part("unet", from: $0) }
        sources.scheduler = try scheduler.map { try files($0) }
        sources.predictionType = predictionType.map(Scheduler.PredictionType.init)
        // A UNet's file that says how it was trained knows better than the model that it goes into.
        if scheduler == nil, let file = sources.unet as? PartWeightsFile {
            if file.predictsVelocity, predictionType == nil { sources.predictionType = .velocity }
            sources.endsAtZeroSNR = file.endsAtZeroSNR
        }
        sources.loras = try loras.map(LoRAFile.init(argument:))
        sources.embeddings = try embeddings.map(TextualInversion.init(argument:))
        return OpenedModel(model: try DiffusionModel(sources), files: whole, tokenizers: tokenizers ?? whole)
    }
}

extension Scheduler.PredictionType {
    fileprivate init(_ type: PredictionType) {
        self =
            switch type {
            case .epsilon: .epsilon
            case .velocity: .velocity
            case .sample: .sample
            }
    }
}
