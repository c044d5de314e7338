import Basics

/// What the picture should look like: one text, or several with weights, whose embeddings are mixed.
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

extension Prompt {
    /// Reads a prompt as it is written by hand: plain text, or a list of quoted texts with weights
    /// (`"oil painting":0.7, "snow":0.3`; within the quotes `\"` and `\\`).
    ///
    /// A text counts as a list when it begins with a quoted text followed by a colon; from there on the list's grammar
    /// holds, so that a slip in it is an error and not a strange picture.
    package init(parsing text: String) throws(SettingsError) {
        guard text.utf8.count <= Prompt.maximumLength else {
            throw SettingsError(
                .outOfRange, "prompt is \(text.utf8.count) bytes long; at most \(Prompt.maximumLength) are allowed")
        }
        // Tabs and line ends come with prompts pasted or folded in YAML; other controls are an accident or an attack.
        if let control = text.unicodeScalars.first(where: { $0.value < 32 && !"\t\n\r".unicodeScalars.contains($0) }) {
            let code = String(control.value, radix: 16, uppercase: true)
            throw SettingsError(.malformed, "prompt holds the control character U+\(code); take it out")
        }
        guard Prompt.looksWeighted(text) else {
            self.init(text)
            return
        }
        var reader = Reader(text)
        var parts: [Part] = []
        repeat { parts.append(try reader.part()) } while reader.comma()
        guard parts.count <= Prompt.maximumParts else {
            throw SettingsError(
                .outOfRange, "prompt has \(parts.count) weighted texts; at most \(Prompt.maximumParts) are allowed")
        }
        guard parts.contains(where: { $0.weight > 0 }) else {
            throw SettingsError(.outOfRange, "prompt has only weights of 0; give at least one text a weight above 0")
        }
        self.init(validated: parts)
    }

    static func looksWeighted(_ text: String) -> Bool {
        var reader = Reader(text)
        guard (try? reader.quotedText()) != nil else { return false }
        return reader.take(":")
    }

    private struct Reader {
        private var rest: Substring.UnicodeScalarView

        init(_ text: String) { rest = text[...].unicodeScalars }

        mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            rest = rest.drop { $0.properties.isWhitespace }
            guard rest.first == scalar else { return false }
            rest.removeFirst()
            return true
        }

        mutating func quotedText() throws(SettingsError) -> String {
            guard take("\"") else {
                throw SettingsError(.malformed, "prompt: expected a text in double quotes \(position)")
            }
            var text = String.UnicodeScalarView()
            while let scalar = rest.popFirst() {
                switch scalar {
                case "\"": return String(text)
                case "\\":
                    guard let escaped = rest.popFirst(), escaped == "\"" || escaped == "\\" else {
                        throw SettingsError(.malformed, "prompt: after a backslash comes \\ or \" only")
                    }
                    text.append(escaped)
                default: text.append(scalar)
                }
            }
            throw SettingsError(.malformed, "prompt: a double quote is not closed")
        }

        mutating func part() throws(SettingsError) -> Part {
            let text = try quotedText()
            guard take(":") else {
                throw SettingsError(.malformed, "prompt: after \"\(text)\" a colon and a weight are missing")
            }
            let written = rest.prefix { $0 != "," }
            rest = rest[written.endIndex...]
            let number = String(written).trimmingWhitespace()
            guard let weight = Double(number), weight.isFinite, weight >= 0, weight <= 1000 else {
                throw SettingsError(
                    .outOfRange,
                    "prompt: the weight of \"\(text)\" is \"\(number)\"; allowed is a number from 0 to 1000")
            }
            return Part(text: text, weight: weight)
        }

        /// Whether another part follows.
        mutating func comma() -> Bool { take(",") }

        private var position: String { rest.isEmpty ? "at the end" : "at \"\(String(rest.prefix(12)))\"" }
    }
}
