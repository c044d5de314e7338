import Weights

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

    private func token(_ value: JSONValue, _ name: String, id: Int?, _ vocabulary: Vocabulary) throws -> AddedToken {
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
