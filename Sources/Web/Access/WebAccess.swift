import Foundation
import NIOHTTP1

/// Who may see the page. A browser lets any site that its user visits send requests to this machine, and any user of this
/// machine can connect to its loopback: so the name that was asked for, where the request comes from, and the token are
/// checked, in this order.
struct WebAccess: Sendable {
    enum Refusal: Sendable, Hashable {
        case malformedHost, foreignHost, foreignOrigin, noToken

        var status: HTTPResponseStatus {
            switch self {
            case .malformedHost: .badRequest
            case .foreignHost, .foreignOrigin: .forbidden
            case .noToken: .unauthorized
            }
        }

        var sentence: String {
            switch self {
            case .malformedHost: "a request needs one Host header"
            case .foreignHost:
                "this name is not the page's: open it by its address, or add the name to web_hosts in the configuration"
            case .foreignOrigin: "another site sent this request, which only the page itself may"
            case .noToken:
                "open the page with its token: `restyled ctl page` prints the address, and so does the daemon's log"
            }
        }
    }

    /// Names of this machine, which must be asked for with the port.
    private let ownNames: Set<String>
    /// Names that a proxy in front of the daemon has, with whatever port.
    private let otherNames: Set<String>
    private let port: Int
    private let token: WebToken

    /// - Parameters:
    ///   - host: what the daemon listens on.
    ///   - otherNames: names it may be asked for by besides.
    init(host: String, port: Int, otherNames: [String], token: WebToken) {
        ownNames = ["127.0.0.1", "[::1]", "localhost", Self.inHostHeader(host).lowercased()]
        self.otherNames = Set(otherNames.map { $0.lowercased() })
        (self.port, self.token) = (port, token)
    }

    /// IPv6 addresses stand in brackets there.
    static func inHostHeader(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    /// Cookies do not know ports, so two daemons on one machine need two names.
    var cookieName: String { "restyled-\(port)" }

    /// HttpOnly: no script can read it. SameSite=Strict: no other site's request carries it.
    var cookie: String { "\(cookieName)=\(token.text); HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000" }

    func isToken(_ text: some StringProtocol) -> Bool { token.equals(text) }

    /// - Returns: why the request is refused; nil where it may pass.
    func refusal(of headers: HTTPHeaders) -> Refusal? {
        if let refusal = refusalOfSender(headers) { return refusal }
        return hasToken(headers) ? nil : .noToken
    }

    /// The checks that a request must pass before its token is looked at.
    func refusalOfSender(_ headers: HTTPHeaders) -> Refusal? {
        let hosts = headers["Host"]
        guard hosts.count == 1 else { return .malformedHost }
        let host = hosts[0].lowercased()
        let (name, port) = Self.split(host)
        guard ownNames.contains(name) ? port == self.port : otherNames.contains(name) else { return .foreignHost }
        let origins = headers["Origin"]
        guard let origin = origins.first?.lowercased() else { return nil }
        let isOwn = origin == "http://\(host)" || (otherNames.contains(name) && origin == "https://\(host)")
        return origins.count == 1 && isOwn ? nil : .foreignOrigin
    }

    private static func split(_ host: String) -> (name: String, port: Int) {
        guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") else { return (host, 80) }
        return (String(host[..<colon]), Int(host[host.index(after: colon)...]) ?? -1)
    }

    private func hasToken(_ headers: HTTPHeaders) -> Bool {
        for cookie in headers["Cookie"].flatMap({ $0.split(separator: ";") }) {
            let parts = cookie.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == cookieName, isToken(parts[1]) {
                return true
            }
        }
        guard let authorization = headers.first(name: "Authorization") else { return false }
        let words = authorization.split(separator: " ")
        guard words.count == 2 else { return false }
        switch words[0].lowercased() {
        case "bearer": return isToken(words[1])
        // What players send for http://restyled:TOKEN@127.0.0.1:8437/stream.mjpeg.
        case "basic":
            guard let data = Data(base64Encoded: String(words[1])),
                let password = String(decoding: data, as: UTF8.self).split(
                    separator: ":", maxSplits: 1, omittingEmptySubsequences: false
                ).last
            else { return false }
            return isToken(password)
        default: return false
        }
    }
}
