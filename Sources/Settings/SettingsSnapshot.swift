/// The settings that one frame is made with.
package struct SettingsSnapshot: Sendable, Hashable {
    /// Of the newest change this snapshot takes part in; grows by one with each change, also over restarts.
    package let version: Int64
    /// Strength and blend as they are at this moment of a transition; the prompt is the one that is being moved to.
    package let settings: StreamSettings
    /// What the embedding is made of at this moment.
    package let prompt: PromptBlend
    /// Whether a later frame will see other values although nothing changes any more.
    package let isInTransition: Bool
}
