import Foundation
import Graph

/// The guidance scale's sinusoids for `time_cond_proj_dim`: diffusers' `get_guidance_scale_embedding`.
struct GuidanceEmbedding {
    let features: Int

    /// - Parameter scale: float32 [1], as users know it; the model is told scale − 1, in thousandths.
    /// - Returns: [1, features].
    func callAsFunction(_ scale: Value, _ builder: GraphBuilder) throws -> Value {
        let half = features / 2
        let frequencies = (0..<half).map { expf(Float($0) * (-logf(10000) / Float(half - 1))) }
        let weight = try builder.multiply(
            builder.subtract(scale, builder.scalar(1)), builder.scalar(1000))
        return try Timesteps.sinusoids(
            of: weight, frequencies, cosineFirst: false, padding: features % 2, builder)
    }
}
