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
    let members: [String: JSONValue]
    /// tokenizer.json, which newer releases write instead of the two files.
    let whole: [String: JSONValue]?

    init(_ folder: String, of files: any ModelFiles) throws {
        let prefix = folder.isEmpty ? "" : folder + "/"
        (self.prefix, self.files) = (prefix, files)
        func object(_ name: String) throws -> [String: JSONValue]? {
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

    func failure(_ name: String, _ message: String, _ value: JSONValue? = nil) -> WeightsError {
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
