package import Foundation

#if canImport(FoundationNetworking)
    internal import FoundationNetworking
#endif

/// The hub's two routes that a download needs: a revision's files, and a file.
struct HubClient: ~Copyable {
    private let endpoint: HubEndpoint
    private let repository: String
    private let http = HTTPClient()

    /// Bytes of a file asked for at once. They wait in memory where the disk is slower than the network.
    private static let chunk = 64 << 20
    private static let largestListing = 64 << 20

    init(_ endpoint: HubEndpoint, repository: String) { (self.endpoint, self.repository) = (endpoint, repository) }

    deinit { http.close() }

    func listing(revision: String) throws -> HubListing {
        let limit = Self.largestListing
        var body: [UInt8] = []
        let response = try get(endpoint.listing(of: repository, revision: revision), [:]) { _, data in
            guard body.count + data.count <= limit else {
                throw HubError(.malformed, "the hub's answer is larger than any list of files")
            }
            body += data
        }
        try check(response, revision: revision)
        return try HubListing(parsing: body, repository: repository)
    }

    /// The next bytes of a file.
    /// - Parameters:
    ///   - offset: where they begin.
    ///   - receive: takes them, with where they belong: the beginning, where the server sends the whole file anyway.
    func bytes(
        of file: HubFile, commit: String, from offset: Int, receive: @escaping (Int, Data) throws -> Void
    ) throws {
        let end = min(offset + Self.chunk, file.byteCount) - 1
        var position = offset
        let response = try get(
            endpoint.file(file.path, of: repository, commit: commit), ["Range": "bytes=\(offset)-\(end)"]
        ) { response, data in
            guard response.status == 200 || response.status == 206 else { return }
            if response.status == 200, position == offset { position = 0 }
            try receive(position, data)
            position += data.count
        }
        try check(response, revision: commit, path: file.path)
    }

    private func get(
        _ url: URL, _ headers: [String: String], receive: @escaping (HTTPClient.Response, Data) throws -> Void
    ) throws -> HTTPClient.Response {
        do {
            return try http.get(url, headers: endpoint.headers.merging(headers) { $1 }, receive: receive)
        } catch let error as URLError {
            throw HubError(
                .unreachable,
                "\(endpoint.host) could not be reached: \(error.localizedDescription); check the network, HF_ENDPOINT and "
                    + "https_proxy, and run the command again, which goes on where it stopped")
        }
    }

    /// What the hub's statuses mean, by the code it sends along where a status has several meanings.
    private func check(_ response: HTTPClient.Response, revision: String, path: String? = nil) throws {
        let page = "\(endpoint.address.absoluteString)/\(repository)"
        switch (response.status, response["X-Error-Code"]) {
        case (200...299, _): return
        case (_, "GatedRepo"), (403, _):
            throw HubError(
                .notPermitted,
                "\(repository) is gated: accept its terms at \(page), then set HF_TOKEN to a token of yours that may read it"
            )
        case (_, "RevisionNotFound"):
            throw HubError(.notFound, "\(repository) has no revision '\(revision)'")
        case (_, "EntryNotFound"):
            throw HubError(.notFound, "\(repository) has no file '\(path ?? "")'")
        case (401, let code) where code != "RepoNotFound" && endpoint.token != nil:
            throw HubError(.notPermitted, "\(endpoint.host) does not take the token; make a new one and set HF_TOKEN")
        case (401, _), (404, _):
            throw HubError(
                .notFound,
                "\(endpoint.host) has no model '\(repository)', or shows it to no stranger: check the name, and set "
                    + "HF_TOKEN if it is private")
        case (let status, _):
            throw HubError(
                .unreachable,
                "\(endpoint.host) answered with status \(status); run the command again later, which goes on where it "
                    + "stopped")
        }
    }
}

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
            throw HubError(.notFound, "HF_ENDPOINT is \(text), which is not an http or https address")
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
