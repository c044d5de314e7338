/// What `restyled serve --config` reads: the whole of a daemon.
package struct Configuration: Sendable, Hashable {
    /// Of the control socket; nil for the usual place.
    package var socket: String?
    /// Where live settings are kept; nil for the usual place.
    package var stateDirectory: String?
    package var logLevel = LogLevel.info
    /// Where `/metrics` and `/healthz` are served; nil for nowhere.
    package var metrics: Address?
    /// At least one, names differ.
    package var streams: [StreamConfiguration]

    package init(streams: [StreamConfiguration]) { self.streams = streams }

    /// The least severe of what is logged, by swift-log's names.
    package enum LogLevel: String, Sendable, Hashable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// A host or address of this machine, and a port.
    package struct Address: Sendable, Hashable {
        package let host: String
        package let port: Int

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
