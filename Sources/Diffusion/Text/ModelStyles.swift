import Foundation
package import Weights

/// The styles that a small model was trained on, from the `styles.json` of its folder: a list of objects with `style`, its
/// name, and `wordings`, the prompts it answers to. A large model understands any prompt and has no such file.
package struct ModelStyles: Sendable, Hashable {
    package struct Style: Sendable, Hashable, Decodable {
        package let style: String
        package let wordings: [String]
    }

    /// At least one; the model's best first.
    package let styles: [Style]
    private let vocabulary: Set<String>

    /// Words of a prompt that name no style and need not be known.
    private static let fillers = Set(
        """
        a an and art as at by drawn for frame from game in into it its like look looks made make of on over picture \
        rendered scene screenshot style styled that the this to turn under very with detailed highly beautiful
        """.split(separator: " ").map(String.init))

    package init?(_ styles: [Style]) {
        guard !styles.isEmpty else { return nil }
        self.styles = styles
        vocabulary = Set(styles.flatMap { $0.wordings + [$0.style] }.flatMap(Self.words))
    }

    /// - Returns: nil where the folder has no such file.
    /// - Throws: `WeightsError` where it has one that can't be read.
    package init?(of files: any ModelFiles) throws {
        guard files.exists("styles.json") else { return nil }
        let data = Data(try files.read("styles.json"))
        guard let styles = try? JSONDecoder().decode([Style].self, from: data) else {
            throw DiffusionError(
                .unsupportedConfig, "is not a list of objects with style and wordings", at: "styles.json")
        }
        self.init(styles)
    }

    /// What there is to say about a prompt's text: the words that no style is called by, and what the model knows.
    /// - Returns: nil where it knows them all.
    package func note(on text: String) -> String? {
        let words = Self.words(text).filter { !Self.fillers.contains($0) }
        let unknown = words.filter { !vocabulary.contains($0) }
        guard !unknown.isEmpty else { return nil }
        let quoted = unknown.prefix(6).map { "\"\($0)\"" }.joined(separator: ", ")
        let known = styles.map(\.style).joined(separator: ", ")
        return unknown.count == words.count
            ? "this model knows none of the prompt's words, so no style will show: \(quoted); it knows \(known)"
            : "this model does not know \(quoted) of the prompt; it knows \(known)"
    }

    private static func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "'" }.map(String.init)
    }
}
