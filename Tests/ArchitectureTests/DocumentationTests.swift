import Foundation
import Testing

/// What the articles quote stands in the sources word for word, and what they name is there.
@Suite struct DocumentationTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let catalog = root.appending(path: "Sources/restyled/restyled.docc")

    private static let articles: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: catalog.path)) ?? []
        return names.filter { $0.hasSuffix(".md") }.sorted()
    }()

    private static func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }

    /// Lines without what indents them, so that a quotation may stand at another depth than its source.
    private static func lines(_ text: some StringProtocol) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    @Test(arguments: articles)
    func quotationsStandInTheSources(_ article: String) throws {
        let text = try Self.text(Self.catalog.appending(path: article))
        for block in text.matches(of: /```swift\n(.*?)```/.dotMatchesNewlines()) {
            let quoted = Self.lines(block.1)
            let first = try #require(quoted.first)
            let path = try #require(first.wholeMatch(of: /\/\/ (Sources\/\S+)/)?.1, "\(first) does not name a source")
            let source = Self.lines(try Self.text(Self.root.appending(path: String(path))))
            let wanted = Array(quoted.dropFirst())
            #expect(!wanted.isEmpty)
            let isThere = source.indices.contains { source[$0...].starts(with: wanted) }
            #expect(isThere, "\(path) does not hold what \(article) quotes:\n\(wanted.joined(separator: "\n"))")
        }
    }

    /// Types and files in code voice exist; a name that was changed in the sources must change here.
    @Test(arguments: articles)
    func namesExist(_ article: String) throws {
        let text = try Self.text(Self.catalog.appending(path: article))
        for match in text.matches(of: /`([A-Z]\w+)(?:\.\w+(?:\([^`]*\))?)?`/) where match.1 != "Sources" {
            #expect(Self.declared.contains(String(match.1)), "\(article) names \(match.1), which is not declared")
        }
        for match in text.matches(of: /`((?:Sources|Tests|examples)\/[\w\/+.-]+)`/) {
            let path = Self.root.appending(path: String(match.1)).path
            #expect(FileManager.default.fileExists(atPath: path), "\(article) names \(match.1), which is not there")
        }
        for match in text.matches(of: /<doc:(\w+)>/) {
            #expect(Self.articles.contains("\(match.1).md"), "\(article) links to \(match.1)")
        }
    }

    /// Types, and targets, which are the folders of Sources.
    private static let declared: Set<String> = {
        let sources = root.appending(path: "Sources")
        var names = Set((try? FileManager.default.contentsOfDirectory(atPath: sources.path)) ?? [])
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift", let text = try? text(file) else { continue }
            names.formUnion(
                text.matches(of: /(?:struct|class|enum|protocol|actor|typealias|case) (\w+)/).map { String($0.1) })
        }
        return names
    }()
}
