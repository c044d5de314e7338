/// What `restyled serve --config` reads: the whole of a daemon.
package struct Configuration: Sendable, Hashable {
    /// Of the control socket; nil for the usual place.
    package var socket: String?
    /// Where live settings are kept; nil for the usual place.
    package var stateDirectory: String?
    package var logLevel = "info"
    /// Where `/metrics` and `/healthz` are served; nil for nowhere.
    package var metrics: Address?
    /// Where the page is served; nil for nowhere.
    package var web: Address?
    /// Names that the page may be asked for by besides the machine's own, for a proxy in front of it.
    package var webHosts: [String] = []
    /// Whether the page may be served unencrypted to other machines.
    package var webIsPlain = false
    /// At least one, names differ.
    package var streams: [StreamConfiguration]

    package init(streams: [StreamConfiguration]) { self.streams = streams }

    /// Why the page can't be served at its address: whoever reads the network between could take its token, and with it
    /// the daemon. Nil where it can.
    package var webRefusal: String? {
        guard let web, !web.isLoopback, !webIsPlain else { return nil }
        return "\(web.host):\(web.port) is reached from other machines, and the page is not encrypted: serve it at "
            + "127.0.0.1:\(web.port) behind a proxy or an SSH tunnel, or write web_plain: true into the configuration"
    }

    /// A host or address of this machine, and a port.
    package struct Address: Sendable, Hashable {
        package let host: String
        package let port: Int

        /// Reached from this machine alone.
        package var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

        /// Reads `127.0.0.1:9464`, `[::1]:9464` or `localhost:9464`.
        package init?(parsing text: String) {
            guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
                (1...65535).contains(port)
            else { return nil }
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = host.dropFirst().dropLast()
            } else if host.contains(":") {
                return nil
            }
            guard !host.isEmpty else { return nil }
            (self.host, self.port) = (String(host), port)
        }
    }
}
