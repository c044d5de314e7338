package import Foundation

/// A hub's address, and who asks.
package struct HubEndpoint: Sendable {
    package let address: URL
    let token: String?

    package init(address: URL, token: String? = nil) { (self.address, self.token) = (address, token) }

    /// As huggingface_hub takes them: $HF_ENDPOINT; the token from $HF_TOKEN, the file $HF_TOKEN_PATH or $HF_HOME/token.
    /// - Throws: where the environment forbids the network, or names no address.
    package init(environment: [String: String]) throws {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let offline = value("HF_HUB_OFFLINE"), ["1", "true", "yes", "on"].contains(offline.lowercased()) {
            throw HubError(.unreachable, "HF_HUB_OFFLINE is set, which forbids downloads; unset it to download models")
        }
        let text = value("HF_ENDPOINT") ?? "https://huggingface.co"
        guard let address = URL(string: text), ["http", "https"].contains(address.scheme), address.host() != nil else {
            throw HubError(.notFound, "HF_ENDPOINT is \(text), which is no http or https address")
        }
        self.init(address: address, token: value("HF_TOKEN") ?? Self.savedToken(value))
    }

    private static func savedToken(_ value: (String) -> String?) -> String? {
        let home = value("HF_HOME") ?? value("HOME").map { $0 + "/.cache/huggingface" }
        let path = value("HF_TOKEN_PATH") ?? home.map { $0 + "/token" }
        let text = path.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) } ?? ""
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return token.isEmpty ? nil : token
    }

    /// For messages.
    var host: String { address.host() ?? "\(address)" }

    var headers: [String: String] {
        var headers = ["User-Agent": "restyled", "Accept-Encoding": "identity"]
        if let token { headers["Authorization"] = "Bearer \(token)" }
        return headers
    }

    /// Commit, files, sizes and checksums of a revision.
    func listing(of repository: String, revision: String) -> URL {
        url("api/models/\(repository)/revision/", revision).appending(queryItems: [
            URLQueryItem(name: "blobs", value: "true")
        ])
    }

    func file(_ path: String, of repository: String, commit: String) -> URL {
        url("\(repository)/resolve/\(commit)/", path.split(separator: "/").map(String.init))
    }

    private func url(_ start: String, _ revision: String) -> URL { url(start, [revision]) }

    /// A branch's '/' is not a separator of the address, a path's is.
    private func url(_ start: String, _ components: [String]) -> URL {
        let allowed = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "\0"..."\u{7f}"))
            .union(CharacterSet(charactersIn: "-._~"))
        let encoded = components.map { $0.addingPercentEncoding(withAllowedCharacters: allowed) ?? $0 }
        let base = address.absoluteString
        return URL(string: base + (base.hasSuffix("/") ? "" : "/") + start + encoded.joined(separator: "/")) ?? address
    }
}
