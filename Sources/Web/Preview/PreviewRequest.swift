import Basics
import Control
import OrderedCollections

/// What a viewer wants to see.
struct PreviewRequest: Sendable, Hashable {
    enum Picture: String, Sendable, CaseIterable {
        case restyled, source
        /// Of one and the same frame.
        case both

        var parts: [SnapshotPicture] {
            switch self {
            case .restyled: [.restyled]
            case .source: [.source]
            case .both: [.source, .restyled]
            }
        }
    }

    static let widths = 16.0...1280.0
    static let rates = 0.1...30.0

    var stream: String
    var picture = Picture.restyled
    /// Pixels at most.
    var width = 640
    /// Pictures a second at most.
    var rate = 30.0

    /// From the parameters of `preview.start`.
    /// - Parameter streams: those there are; with one of them alone it need not be named.
    init(_ parameters: JSONValue, streams: [String]) throws(ControlError) {
        let members = parameters.object ?? [:]
        let known = ["stream", "picture", "width", "rate"]
        if let unknown = members.keys.first(where: { !known.contains($0) }) {
            throw ControlError(.invalidParameters, "preview.start: \(unknownKey(unknown, known: known))")
        }
        stream = try streamName(members["stream"].map { $0.string ?? "" }, among: streams)
        if let value = members["picture"] {
            guard let picture = value.string.flatMap(Picture.init(rawValue:)) else {
                throw ControlError(.invalidParameters, "picture is not restyled, source or both")
            }
            self.picture = picture
        }
        width = Int(try Self.number(members["width"], "width", Self.widths) ?? Double(width))
        rate = try Self.number(members["rate"], "rate", Self.rates) ?? rate
    }

    private static func number(
        _ value: JSONValue?, _ name: String, _ range: ClosedRange<Double>
    ) throws(ControlError) -> Double? {
        guard let value else { return nil }
        guard let number = value.double, range.contains(number) else {
            throw ControlError(
                .invalidParameters, "\(name) is not a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
