import Basics
import Weights

/// A tokenizer's files, read in the precedence that transformers gives them.
struct TokenizerConfiguration {
    /// The tokens that a tokenizer names for a purpose, in the order in which transformers adds them.
    enum Role: String, CaseIterable {
        case start = "bos_token"
        case end = "eos_token"
        case unknown = "unk_token"
        case separator = "sep_token"
        case pad = "pad_token"
        case classification = "cls_token"
        case mask = "mask_token"

        var standard: String? {
            switch self {
            case .start: "<|startoftext|>"
            case .end, .unknown, .pad: "<|endoftext|>"
            case .separator, .classification, .mask: nil
            }
        }
    }

    let prefix: String
    let files: any ModelFiles
    /// tokenizer_config.json, with special_tokens_map.json's entries over it where the former lists no added tokens.
    let members: [String: LocatedJSON]
    /// tokenizer.json, which newer releases write instead of the two files.
    let whole: [String: LocatedJSON]?

    init(_ folder: String, of files: any ModelFiles) throws {
        let prefix = folder.isEmpty ? "" : folder + "/"
        (self.prefix, self.files) = (prefix, files)
        func object(_ name: String) throws -> [String: LocatedJSON]? {
            guard files.exists(prefix + name) else { return nil }
            guard case .object(let members) = try files.json(prefix + name).content else {
                throw WeightsError(.malformed, "the file must hold an object", file: files.name(prefix + name), byte: 0)
            }
            return members
        }
        whole = try object("tokenizer.json")
        var members = try object("tokenizer_config.json") ?? [:]
        if members["added_tokens_decoder"] == nil {
            members.merge(try object("special_tokens_map.json") ?? [:]) { _, new in new }
        }
        self.members = members
    }

    func failure(_ name: String, _ message: String, _ value: LocatedJSON? = nil) -> WeightsError {
        WeightsError(.malformed, message, file: files.name(prefix + name), byte: value?.byte)
    }

    /// 77 where the configuration states none, or one of the large numbers that stand for none.
    func maximumLength() throws -> Int {
        guard let value = members["model_max_length"] else { return 77 }
        switch value.content {
        case .integer(let length) where (3...4096).contains(length): return length
        case .integer(let length) where length > 4096: return 77
        case .double(let length) where length > 4096: return 77
        case .null: return 77
        default: throw failure("tokenizer_config.json", "'model_max_length' must be a number of at least 3", value)
        }
    }

    func id(of role: Role, _ vocabulary: Vocabulary) throws -> Int {
        let token = try content(of: role) ?? ""
        guard let id = vocabulary[token] else {
            throw failure(
                "tokenizer_config.json", "'\(role.rawValue)' is '\(token.prefix(80))', which the vocabulary lacks",
                members[role.rawValue])
        }
        return id
    }

    func content(of role: Role) throws -> String? {
        guard let value = members[role.rawValue] else { return role.standard }
        switch value.content {
        case .string(let text): return text
        case .object(let token):
            if case .string(let text) = token["content"]?.content { return text }
        case .null: return role.standard
        default: break
        }
        throw failure("tokenizer_config.json", "'\(role.rawValue)' must be a token", value)
    }
}

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

    private func ids(_ value: LocatedJSON, _ name: String) throws -> [String: Int] {
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

    private func merge(_ value: LocatedJSON) throws -> (left: String, right: String) {
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

extension TokenizerConfiguration {
    func addedTokens(_ vocabulary: Vocabulary) throws -> [AddedToken] {
        var listed: [String: AddedToken] = [:]
        if let decoder = members["added_tokens_decoder"] {
            guard case .object(let tokens) = decoder.content else {
                throw failure("tokenizer_config.json", "'added_tokens_decoder' must be an object", decoder)
            }
            for (id, value) in tokens {
                let token = try token(value, "tokenizer_config.json", id: Int(id), vocabulary)
                listed[token.content] = token
            }
        } else if case .array(let tokens) = whole?["added_tokens"]?.content {
            for value in tokens {
                let token = try token(value, "tokenizer.json", id: nil, vocabulary)
                listed[token.content] = token
            }
        }
        var tokens = listed
        for role in Role.allCases {
            guard let content = try content(of: role) else { continue }
            if let token = listed[content] {
                tokens[content] = token
            } else if let value = members[role.rawValue], case .object = value.content {
                tokens[content] = try token(value, "tokenizer_config.json", id: nil, vocabulary)
            } else {
                tokens[content] = AddedToken(content: content, id: try id(of: role, vocabulary), isNormalized: false)
            }
        }
        return tokens.values.sorted { $0.id < $1.id }
    }

    private func token(_ value: LocatedJSON, _ name: String, id: Int?, _ vocabulary: Vocabulary) throws -> AddedToken {
        guard case .object(let members) = value.content, case .string(let content) = members["content"]?.content else {
            throw failure(name, "an added token must be an object with a string 'content'", value)
        }
        func flag(_ key: String) throws -> Bool? {
            guard let value = members[key] else { return nil }
            guard case .boolean(let flag) = value.content else {
                throw failure(name, "'\(key)' must be true or false", value)
            }
            return flag
        }
        for key in ["single_word", "lstrip", "rstrip"] where try flag(key) == true {
            throw WeightsError(
                .unsupported, "the token '\(content.prefix(80))' asks for '\(key)', which CLIP's tokenizers do not use",
                file: files.name(prefix + name), byte: value.byte)
        }
        var listedID = id
        if case .integer(let id) = members["id"]?.content { listedID = id }
        guard let id = vocabulary[content] ?? listedID, id >= 0 else {
            throw failure(name, "the added token '\(content.prefix(80))' has no id", value)
        }
        let isSpecial = try flag("special") ?? true
        return AddedToken(content: content, id: id, isNormalized: try flag("normalized") ?? !isSpecial)
    }
}
