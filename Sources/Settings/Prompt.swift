/// What the picture is to look like: one text, or several with weights, whose embeddings are mixed.
///
/// Its written form is the text itself, or `"oil painting":0.7, "snow":0.3`; `description` writes what `init(parsing:)`
/// reads.
package struct Prompt: Sendable, Hashable, CustomStringConvertible {
    package struct Part: Sendable, Hashable {
        package let text: String
        /// As given: at least 0. What counts is its share of the sum.
        package let weight: Double

        package init(text: String, weight: Double) { (self.text, self.weight) = (text, weight) }
    }

    /// The most parts one prompt may have, each of which is an embedding to encode and to keep.
    package static let maximumParts = 8
    /// The longest written form, in UTF-8 bytes. A text encoder reads 77 tokens, so this cuts off nothing of use.
    package static let maximumLength = 10_000

    /// At least one, with at least one weight above 0.
    package let parts: [Part]

    package init(_ text: String) { parts = [Part(text: text, weight: 1)] }

    init(validated parts: [Part]) { self.parts = parts }

    /// The parts whose weight is not 0, with weights that add up to 1.
    package var normalizedParts: [Part] {
        let sum = parts.reduce(0) { $0 + $1.weight }
        return parts.filter { $0.weight > 0 }.map { Part(text: $0.text, weight: $0.weight / sum) }
    }

    package var description: String {
        if parts.count == 1, parts[0].weight == 1, !Prompt.looksWeighted(parts[0].text) { return parts[0].text }
        return parts.map { "\(Prompt.quoted($0.text)):\($0.weight)" }.joined(separator: ", ")
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text.unicodeScalars {
            if character == "\"" || character == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "\""
    }
}
