/// The right to use a model that several streams share, given in turns.
package final class ModelTurn: Sendable {
    private let queue = Monitor(TurnQueue<ObjectIdentifier>())

    package init() {}

    /// Waits for the turn of `member`, and keeps it while `body` runs.
    func during<Result>(_ member: AnyObject, _ body: () throws -> Result) rethrows -> Result {
        let identity = ObjectIdentifier(member)
        queue.wait { queue in queue.request(identity) ? .done(()) : .retry(at: nil) }
        defer { queue.update { _ = $0.release(identity) } }
        return try body()
    }
}
