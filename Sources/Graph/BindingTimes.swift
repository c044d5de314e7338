/// Where a value comes from, and so how often it can change.
///
/// Every graph input names its source; every other value depends on the union of its operands' sources.
/// What does not depend on `frame` is moved out of the frame program by `Graph.partitioned()`.
package struct BindingTimes: OptionSet, Sendable, Hashable, CustomStringConvertible {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The picture being restyled: changes with every frame.
    package static let frame = BindingTimes(rawValue: 1 << 0)
    /// Text embeddings: change when the prompt does.
    package static let prompt = BindingTimes(rawValue: 1 << 1)
    /// Noise level and timestep: change with the strength.
    package static let strength = BindingTimes(rawValue: 1 << 2)
    /// The stream's noise: changes with the seed.
    package static let seed = BindingTimes(rawValue: 1 << 3)
    /// Differs between the denoising steps of one frame.
    package static let step = BindingTimes(rawValue: 1 << 4)
    /// Whether a value with these sources has to be computed anew for every frame.
    package var changesWithFrame: Bool { contains(.frame) }

    package var description: String {
        let names = ["frame", "prompt", "strength", "seed", "step"]
        let present = names.indices.filter { rawValue & (1 << UInt8($0)) != 0 }.map { names[$0] }
        return present.isEmpty ? "weights" : present.joined(separator: "+")
    }
}
