import Foundation
import Weights

/// What a model's scheduler_config.json says of noise: how much there is at each timestep, and what a step makes of
/// the UNet's prediction.
///
/// Which timesteps are visited is not the config's to say but the strength's, so its spacing keys are not read.
package struct Scheduler: Sendable {
    /// What the UNet predicts.
    package enum PredictionType: String, Sendable, CaseIterable {
        case epsilon
        case velocity = "v_prediction"
        case sample
    }

    /// How further steps get from one noise level to the next.
    enum Sampler: Sendable, Equatable {
        case eulerAncestral
        /// Without fresh noise; DDIM at η = 0 is the same walk.
        case euler
        /// Latent consistency models: jump to the picture, then back to the next noise level.
        case lcm(timestepScaling: Float)
        /// Known for its noise levels only: good for one step.
        case other
    }

    /// The class diffusers would make of the config.
    let className: String
    package let predictionType: PredictionType
    let sampler: Sampler
    /// ᾱ of every training timestep, in the float32 that diffusers computes it in.
    package let alphasCumprod: [Float]

    /// - Parameters:
    ///   - predictionType: in place of the config's, for a UNet that was swapped in.
    ///   - endsAtZeroSNR: whatever the config says.
    init(_ config: PartConfig, predictionType override: PredictionType?, endsAtZeroSNR: Bool = false) throws {
        let name = try config.optional("_class_name", as: String.self) ?? "EulerDiscreteScheduler"
        className = name
        switch name {
        case "EulerAncestralDiscreteScheduler": sampler = .eulerAncestral
        case "EulerDiscreteScheduler", "DDIMScheduler": sampler = .euler
        case "LCMScheduler":
            sampler = .lcm(timestepScaling: try config.value("timestep_scaling", default: 10))
        case _ where name.hasPrefix("FlowMatch"):
            throw config.error("_class_name", "is \(name): flow matching models are not supported")
        default: sampler = .other
        }
        if let override {
            predictionType = override
        } else {
            let type = try config.optional("prediction_type", as: String.self) ?? "epsilon"
            guard let known = PredictionType(rawValue: type == "original_sample" ? "sample" : type) else {
                throw config.error(
                    "prediction_type", "is \(type), which is not supported; epsilon, v_prediction and sample are")
            }
            predictionType = known
        }
        // DDIM clips where the key is absent; the Euler schedulers have no such key and ignore it.
        let clips = name == "DDIMScheduler" || name == "DDPMScheduler"
        if clips || name == "LCMScheduler", try config.flag("clip_sample", default: clips) {
            throw config.error("clip_sample", "is supported as false only; true is made for models of pixels")
        }
        try config.require("thresholding", is: false)
        alphasCumprod = try Self.alphasCumprod(config, isLCM: name == "LCMScheduler", endsAtZeroSNR)
    }

    /// diffusers: 1 − β, multiplied up; the schedules as its schedulers' constructors have them.
    private static func alphasCumprod(_ config: PartConfig, isLCM: Bool, _ endsAtZeroSNR: Bool) throws -> [Float] {
        let count = try config.size("num_train_timesteps", default: 1000)
        let start = try config.value("beta_start", default: isLCM ? 0.00085 : 0.0001)
        let end = try config.value("beta_end", default: isLCM ? 0.012 : 0.02)
        var betas: [Float]
        if let trained = try config.optional("trained_betas", as: [Float].self) {
            betas = trained
        } else {
            switch try config.optional("beta_schedule", as: String.self) ?? (isLCM ? "scaled_linear" : "linear") {
            case "linear": betas = linspace(Float(start), Float(end), count)
            case "scaled_linear":
                betas = linspace(Float(start.squareRoot()), Float(end.squareRoot()), count).map { $0 * $0 }
            case "squaredcos_cap_v2":
                let bar = { (time: Double) in pow(cos((time + 0.008) / 1.008 * .pi / 2), 2) }
                betas = (0..<count).map { step in
                    let (now, next) = (Double(step) / Double(count), Double(step + 1) / Double(count))
                    return Float(min(1 - bar(next) / bar(now), 0.999))
                }
            case let other:
                throw config.error(
                    "beta_schedule",
                    "is \(other), which is not supported; linear, scaled_linear and squaredcos_cap_v2 are")
            }
        }
        guard !betas.isEmpty, betas.allSatisfy({ $0 > 0 && $0 < 1 }) else {
            throw config.error("beta_start", "does not fit: noise must grow with every timestep: 0 < β < 1")
        }
        let rescales = try config.flag("rescale_betas_zero_snr", default: false) || endsAtZeroSNR
        if rescales { betas = rescaledToZeroTerminalSNR(betas) }
        var result = cumulativeProduct(betas.map { 1 - $0 })
        // As in diffusers' Euler schedulers, so that the first sigma is not infinite; LCM has no sigmas.
        if rescales, !isLCM { result[result.count - 1] = 0x1p-24 }
        return result
    }

    /// torch.linspace: counted up from the start in the first half and down from the end in the second.
    private static func linspace(_ start: Float, _ end: Float, _ count: Int) -> [Float] {
        guard count > 1 else { return [start] }
        let step = (end - start) / Float(count - 1)
        return (0..<count).map { index in
            index < count / 2 ? start + step * Float(index) : end - step * Float(count - index - 1)
        }
    }

    /// torch.cumprod: accumulated in double, each value rounded to float.
    private static func cumulativeProduct(_ factors: [Float]) -> [Float] {
        var product = 1.0
        return factors.map {
            product *= Double($0)
            return Float(product)
        }
    }

    /// Algorithm 1 of arXiv 2305.08891: √ᾱ shifted and scaled so that it ends at zero.
    private static func rescaledToZeroTerminalSNR(_ betas: [Float]) -> [Float] {
        let roots = cumulativeProduct(betas.map { 1 - $0 }).map { $0.squareRoot() }
        let (first, last) = (roots[0], roots[roots.count - 1])
        let factor = first / (first - last)
        let bars = roots.map { root -> Float in
            let scaled = (root - last) * factor
            return scaled * scaled
        }
        return bars.indices.map { index in 1 - (index == 0 ? bars[0] : bars[index] / bars[index - 1]) }
    }
}
