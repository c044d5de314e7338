/// What kind of pipeline a folder's parts make up, told from their configs.
package enum ModelFamily: String, Sendable, CaseIterable {
    /// One text encoder, its last hidden state: Stable Diffusion 1 and 2, SD-Turbo, SDXS, latent consistency models.
    case stableDiffusion = "Stable Diffusion"
    /// Two text encoders, their last hidden states but one, a pooled prompt and the picture's sizes: SDXL-Turbo and
    /// all that is distilled from SDXL.
    case stableDiffusionXL = "Stable Diffusion XL"
}
