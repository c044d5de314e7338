import Yams

/// Walks a YAML document strictly: a key that is not known, is there twice or has a value of another kind is an error
/// with the file and the line.
struct YAMLReader {
    let file: String

    func error(_ code: SettingsError.Code, _ message: String, at node: Node?) -> SettingsError {
        SettingsError(code, message, at: node?.mark.map { "\(file):\($0.line)" } ?? file)
    }

    /// Nil for an empty document.
    func document(_ text: String) throws(SettingsError) -> Node? {
        guard text.utf8.count <= 1 << 20 else {
            throw SettingsError(.outOfRange, "the file is larger than 1 MiB, too large for its kind", at: file)
        }
        do {
            return try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw SettingsError(.malformed, "this is not YAML: \(YAMLReader.problem(error))", at: location(of: error))
        } catch {
            throw SettingsError(.malformed, "this is not YAML: \(error)", at: file)
        }
    }

    private func location(of error: YamlError) -> String {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
            "\(file):\(mark.line)"
        case .duplicatedKeysInMapping(_, let context): "\(file):\(context.mark.line)"
        default: file
        }
    }

    private static func problem(_ error: YamlError) -> String {
        switch error {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
        case .duplicatedKeysInMapping(let duplicates, _):
            "the key \(duplicates.map { "\"\($0)\"" }.joined(separator: ", ")) is there twice"
        case .dataCouldNotBeDecoded: "it is not UTF-8"
        default: "\(error)".split(separator: "\n").first.map(String.init) ?? "\(error)"
        }
    }

    func mapping(_ node: Node, _ what: String) throws(SettingsError) -> [(key: Node, name: String, value: Node)] {
        guard let mapping = node.mapping else {
            throw error(.wrongType, "\(what) must be keys with values, as in \"key: value\"", at: node)
        }
        var members: [(Node, String, Node)] = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string else { throw error(.malformed, "a key must be a word", at: key) }
            guard value.alias == nil, key.alias == nil, name != "<<" else {
                throw error(.malformed, "anchors and merges are not taken; write the values out", at: key)
            }
            members.append((key, name, value))
        }
        return members
    }

    func sequence(_ node: Node, _ what: String) throws(SettingsError) -> [Node] {
        guard let sequence = node.sequence else {
            throw error(.wrongType, "\(what) must be a list, each line of which begins with \"- \"", at: node)
        }
        return Array(sequence)
    }

    /// The text of a plain or quoted value, as it is written.
    func text(_ node: Node, _ what: String) throws(SettingsError) -> String {
        guard let scalar = node.scalar else {
            throw error(.wrongType, "\(what) must be a single value", at: node)
        }
        return scalar.string
    }
}
