/// The numbers of one denoising step: x becomes sample·x + output·UNet(input·x, timestep) + noise·(fresh noise).
///
/// Every scheduler's step is this one linear form, so the graph holds it once and the scheduler fills in numbers.
package struct DenoisingStep: Sendable, Equatable {
    package let timestep: Int
    /// What the UNet's input is multiplied by.
    package let inputScale: Float
    package let sampleCoefficient: Float
    package let outputCoefficient: Float
    package let noiseCoefficient: Float
}

/// A whole walk from a noised frame to the picture.
package struct DenoisingSchedule: Sendable, Equatable {
    /// The frame's latents and the stream's noise are mixed by these before the first step.
    package let latentScale: Float
    package let noiseScale: Float
    package let steps: [DenoisingStep]
}

extension Scheduler {
    /// t_i = max(round(T · strength · (steps − i) / steps) − 1, 0), ties to even, for i = 0 ..< steps; T is the number
    /// of training timesteps, 1000 in all published models.
    package func timesteps(strength: Double, steps: Int) -> [Int] {
        let count = Double(alphasCumprod.count)
        return (0..<steps).map { index in
            let position = count * strength * Double(steps - index) / Double(steps)
            return min(max(Int(position.rounded(.toNearestOrEven)) - 1, 0), alphasCumprod.count - 1)
        }
    }

    /// sigma_t = √((1 − ᾱ_t) / ᾱ_t): noise beside a latent of unit scale.
    package func sigma(_ timestep: Int) -> Float {
        ((1 - alphasCumprod[timestep]) / alphasCumprod[timestep]).squareRoot()
    }

    /// - Parameters:
    ///   - strength: in (0, 1]: how far up the noise levels the walk starts.
    ///   - steps: UNet runs a frame, 1 … 4 for distilled models.
    /// - Throws: `DiffusionError` where strength or steps are out of range, or the scheduler's class cannot refine.
    package func schedule(strength: Double, steps: Int) throws -> DenoisingSchedule {
        guard strength > 0, strength <= 1 else {
            throw DiffusionError(.badRequest, "strength must be above 0 and at most 1, not \(strength)", at: "")
        }
        guard steps > 0 else { throw DiffusionError(.badRequest, "at least one step is needed, not \(steps)", at: "") }
        guard steps == 1 || sampler != .other else {
            throw DiffusionError(
                .badRequest,
                "\(className) can run one step only; give a folder with an EulerAncestralDiscreteScheduler or "
                    + "LCMScheduler with --scheduler, or use --steps 1",
                at: "scheduler/scheduler_config.json: _class_name")
        }
        let times = timesteps(strength: strength, steps: steps)
        if case .lcm(let scaling) = sampler { return lcm(times, timestepScaling: scaling) }
        let sigmas = times.map { Double(sigma($0)) } + [0]
        return DenoisingSchedule(
            latentScale: 1, noiseScale: Float(sigmas[0]),
            steps: times.indices.map { eulerStep(times[$0], sigma: sigmas[$0], next: sigmas[$0 + 1]) })
    }

    /// x = z + sigma·noise. The picture is x0 = p·x + q·output; the step goes along (x − x0) / sigma.
    private func eulerStep(_ timestep: Int, sigma: Double, next: Double) -> DenoisingStep {
        let variance = sigma * sigma
        let (p, q): (Double, Double) =
            switch predictionType {
            case .epsilon: (1, -sigma)
            case .velocity: (1 / (variance + 1), -sigma / (variance + 1).squareRoot())
            case .sample: (0, 1)
            }
        // Karras et al. as diffusers' EulerAncestralDiscreteScheduler has it: down further than next, and up again.
        let isAncestral = sampler == .eulerAncestral
        let up = isAncestral ? (next * next * max(variance - next * next, 0) / variance).squareRoot() : 0
        let down = (next * next - up * up).squareRoot()
        let kept = down / sigma
        return DenoisingStep(
            timestep: timestep, inputScale: Float(1 / (variance + 1).squareRoot()),
            sampleCoefficient: Float(kept + (1 - kept) * p), outputCoefficient: Float((1 - kept) * q),
            noiseCoefficient: Float(up))
    }

    /// x = √ᾱ·z + √(1 − ᾱ)·noise; the picture is c_out·x0 + c_skip·x (arXiv 2310.04378, appendix C).
    private func lcm(_ times: [Int], timestepScaling: Float) -> DenoisingSchedule {
        let bars = times.map { Double(alphasCumprod[$0]) }
        let steps = times.indices.map { index -> DenoisingStep in
            let (alpha, beta) = (bars[index].squareRoot(), (1 - bars[index]).squareRoot())
            let (p, q): (Double, Double) =
                switch predictionType {
                case .epsilon: (1 / alpha, -beta / alpha)
                case .velocity: (alpha, -beta)
                case .sample: (0, 1)
                }
            let (time, data) = (Double(times[index]) * Double(timestepScaling), 0.5)
            let skip = data * data / (time * time + data * data)
            let out = time / (time * time + data * data).squareRoot()
            let isLast = index == times.count - 1
            let again = isLast ? 1 : bars[index + 1].squareRoot()
            return DenoisingStep(
                timestep: times[index], inputScale: 1, sampleCoefficient: Float(again * (out * p + skip)),
                outputCoefficient: Float(again * out * q),
                noiseCoefficient: Float(isLast ? 0 : (1 - bars[index + 1]).squareRoot()))
        }
        return DenoisingSchedule(
            latentScale: Float(bars[0].squareRoot()), noiseScale: Float((1 - bars[0]).squareRoot()), steps: steps)
    }
}
