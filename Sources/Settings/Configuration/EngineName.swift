/// What computes.
public enum EngineName: String, Sendable, Hashable, CaseIterable {
    /// The fastest engine there is on this machine.
    case auto
    case openvino
    /// Slow, for checking.
    case reference
}
