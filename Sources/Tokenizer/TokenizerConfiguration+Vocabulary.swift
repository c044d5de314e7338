import Weights

extension TokenizerConfiguration {
    func vocabulary() throws -> Vocabulary {
        let unknown = try content(of: .unknown) ?? ""
        if let whole {
            guard case .object(let model) = whole["model"]?.content, let vocabulary = model["vocab"],
                case .array(let merges) = model["merges"]?.content
            else {
                throw failure("tokenizer.json", "the tokenizer must be a BPE model with 'vocab' and 'merges'")
            }
            return try Vocabulary(
                ids: try ids(vocabulary, "tokenizer.json"), merges: try merges.map(merge), unknown: unknown,
                file: files.name(prefix + "tokenizer.json"))
        }
        let ids = try ids(files.json(prefix + "vocab.json"), "vocab.json")
        return try Vocabulary(
            ids: ids, merges: try mergesFile(), unknown: unknown, file: files.name(prefix + "merges.txt"))
    }

    private func ids(_ value: JSONValue, _ name: String) throws -> [String: Int] {
        guard case .object(let tokens) = value.content else {
            throw failure(name, "the vocabulary must be an object", value)
        }
        return try tokens.mapValues { value in
            // Bounded as text encoders' embeddings are: ids index their rows.
            guard case .integer(let id) = value.content, (0..<1 << 24).contains(id) else {
                throw failure(name, "a token's id must be a whole number from 0 to \(1 << 24 - 1)", value)
            }
            return id
        }
    }

    private func merge(_ value: JSONValue) throws -> (left: String, right: String) {
        switch value.content {
        case .string(let text):
            let parts = text.split(separator: " ", omittingEmptySubsequences: false)
            if parts.count == 2 { return (String(parts[0]), String(parts[1])) }
        case .array(let parts):
            if parts.count == 2, case .string(let left) = parts[0].content, case .string(let right) = parts[1].content {
                return (left, right)
            }
        default: break
        }
        throw failure("tokenizer.json", "a merge must name two tokens", value)
    }

    private func mergesFile() throws -> [(left: String, right: String)] {
        let bytes = try files.read(prefix + "merges.txt")
        var merges: [(left: String, right: String)] = []
        var start = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            defer { start += line.count + 1 }
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            // An empty line is only allowed where the last one ends.
            if line.starts(with: "#version".utf8) || (line.isEmpty && start + line.count >= bytes.count) { continue }
            let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard parts.count == 2, let left = String(validating: parts[0], as: UTF8.self),
                let right = String(validating: parts[1], as: UTF8.self)
            else {
                throw WeightsError(
                    .malformed, "a line must name the two tokens of a merge; download the file again",
                    file: files.name(prefix + "merges.txt"), byte: start)
            }
            merges.append((left, right))
        }
        return merges
    }
}
