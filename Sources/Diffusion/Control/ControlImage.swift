/// What a control looks at: a picture made of the frame.
package enum ControlImage: Sendable, Hashable {
    /// White edges as OpenCV's `Canny` finds them: `low` and `high` are its thresholds of the gradient.
    case canny(low: Int, high: Int)
    /// Grey edges, the lighter the steeper.
    case edges
    /// The frame in grey.
    case luma
    /// The frame without its detail: the mean of each 8×8 pixels, enlarged smoothly.
    case tile
    /// The frame itself.
    case none

    /// diffusers' examples take these thresholds.
    package static let canny = ControlImage.canny(low: 100, high: 200)
    /// The names that `--control-image` takes.
    package static let names = ["canny", "edges", "luma", "tile", "none"]
    /// The end of a sentence about what is allowed.
    package static let allowed =
        "canny (or canny:LOW:HIGH with thresholds from 0 to 10000), edges, luma, tile or none, the frame itself"

    /// "tile", "canny", "canny:50:150".
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch (parts[0], parts.count) {
        case ("canny", 1): self = .canny
        case ("canny", 3):
            guard let low = Int(parts[1]), let high = Int(parts[2]), (0...10_000).contains(low),
                (low...10_000).contains(high)
            else { return nil }
            self = .canny(low: low, high: high)
        case ("edges", 1): self = .edges
        case ("luma", 1): self = .luma
        case ("tile", 1): self = .tile
        case ("none", 1): self = .none
        default: return nil
        }
    }

    /// For messages.
    package var description: String {
        switch self {
        case .canny(let low, let high): "canny edges of the frame (thresholds \(low) and \(high))"
        case .edges: "edges of the frame"
        case .luma: "the frame in grey"
        case .tile: "the frame without its detail"
        case .none: "the frame itself"
        }
    }

    /// Whether the picture has colours, which a control of one channel cannot see.
    var isColoured: Bool { self == .tile || self == .none }
}

/// What a control's name or card says that it was trained to look at.
package enum ControlImageHint: Sendable, Hashable {
    case image(ControlImage, word: String)
    /// What only a network of its own finds in a picture.
    case needsNetwork(word: String)

    /// Words that names and cards of published controls have, the most telling first.
    private static let words: [(String, ControlImage?)] = [
        ("canny", .canny), ("softedge", .edges), ("soft-edge", .edges), ("hed", .edges), ("pidi", .edges),
        ("lineart", .edges), ("scribble", .edges), ("sketch", .edges), ("mlsd", .edges), ("tile", .tile),
        ("brightness", .luma), ("luminance", .luma), ("recolor", .luma), ("gray", .luma), ("grey", .luma),
        ("openpose", nil), ("pose", nil), ("depth", nil), ("midas", nil), ("zoe", nil), ("normal", nil), ("seg", nil),
    ]

    /// - Parameter text: a name, or a card's text. A word counts where no letter stands on either side of it.
    package init?(_ text: String) {
        let tokens = Set(
            text.lowercased().split { !$0.isLetter && $0 != "-" }.flatMap { [$0] + $0.split(separator: "-") })
        for (word, image) in Self.words where tokens.contains(Substring(word)) {
            self = image.map { .image($0, word: word) } ?? .needsNetwork(word: word)
            return
        }
        return nil
    }
}
