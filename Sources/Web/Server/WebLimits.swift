/// What strangers and viewers may cost.
package struct WebLimits: Sendable {
    /// Viewers at a time: sockets of the page, and players.
    package var viewers = 16
    /// Connections that have not been answered yet. One more, and the oldest has to go, so that clients that dawdle never
    /// lock the owner out.
    package var unanswered = 64
    /// How long a request may take to come, and an answer to be read, in seconds.
    package var patience = 10.0
    /// A viewer that is silent for twice as long, although it is asked in between, is gone; seconds.
    package var pingInterval = 15.0
    /// Fragments of a message.
    package var fragments = 64
    /// Bytes that wait for a viewer to read them, beyond which nothing is read from it.
    package var waitingBytes = 256 << 10

    package init() {}
}
