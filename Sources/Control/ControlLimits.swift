/// What a client may cost.
package struct ControlLimits: Sendable {
    /// The longest request, in bytes without its line end. Holds the longest prompt however it is escaped, and a
    /// timeline of some thousand entries.
    package var lineLength = 256 << 10
    /// Clients at a time. One more, and the one that has been silent longest has to go: forgotten clients never lock
    /// the owner out.
    package var clients = 256
    /// Requests a second of one client in the long run; faster ones are read more slowly.
    package var requestsPerSecond = 5000.0
    /// Requests that may come at once before that holds.
    package var burst = 1000.0
    /// Requests of one client that take their time (snapshot, start, stop) under way at once.
    package var slowRequests = 4
    /// Bytes that wait for a client to read them, beyond which none of its requests is read.
    package var waitingBytes = 256 << 10
    /// How long a client may leave answers unread before its connection ends, in seconds.
    package var readingPatience = 30.0

    package init() {}
}
