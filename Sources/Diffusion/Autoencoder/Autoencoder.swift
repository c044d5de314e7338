import Graph

/// What the pipelines need of an autoencoder, whichever class it is.
protocol Autoencoder: Sendable {
    var latentChannels: Int { get }
    /// Pixels to a latent along one side.
    var factor: Int { get }
    /// diffusers' `vae.config.scaling_factor`.
    var scalingFactor: Float { get }
    /// Mean and standard deviation of each latent channel, where the config gives them.
    var latentStatistics: (mean: [Float], standardDeviation: [Float])? { get }
    /// diffusers' `vae.config.force_upcast`: feature maps leave float16's range, and the picture would be black.
    var overflowsInFloat16: Bool { get }

    /// - Parameter picture: [1, 3, H, W] in −1 … 1; H and W multiples of `factor`.
    /// - Returns: the mode of the latents, unscaled: [1, latentChannels, H / factor, W / factor].
    func encode(_ picture: Value, _ module: Module) throws -> Value
    /// - Parameter latents: unscaled.
    /// - Returns: [1, 3, H, W], about −1 … 1.
    func decode(_ latents: Value, _ module: Module) throws -> Value
}
