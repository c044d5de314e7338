package import Settings

/// What the control socket steers. The daemon implements it; nothing here knows of pipelines.
///
/// `status`, `statistics` and the stores answer at once, whatever the model does.
package protocol ControlTarget: Sendable {
    /// In the order of the configuration.
    var streamNames: [String] { get }
    /// The live settings of a stream, there before its model is; nil for an unknown name.
    func settings(of stream: String) -> SettingsStore?
    func status() -> DaemonStatus
    /// Nil for an unknown name.
    func statistics(of stream: String) -> StreamStatistics?
    /// Starts a stopped stream; one that runs already is left alone.
    func start(_ stream: String) async throws(ControlError)
    /// Stops a stream and finishes its files.
    func stop(_ stream: String) async throws(ControlError)
    func snapshot(of stream: String, _ picture: SnapshotPicture) async throws(ControlError) -> Snapshot
    /// Plays a timeline from now on, in place of the one that is playing.
    func play(_ timeline: Timeline, on stream: String) throws(ControlError)
}

/// Which picture a snapshot shows.
package enum SnapshotPicture: String, Sendable, CaseIterable { case source, restyled }

/// A picture as PNG.
package struct Snapshot: Sendable {
    package let png: [UInt8]
    package let width: Int
    package let height: Int

    package init(png: [UInt8], width: Int, height: Int) { (self.png, self.width, self.height) = (png, width, height) }
}
