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
    func snapshot(
        of stream: String, _ picture: SnapshotPicture, as format: SnapshotFormat
    ) async throws(ControlError) -> Snapshot
    /// Plays a timeline from now on, in place of the one that is playing.
    func play(_ timeline: Timeline, on stream: String) throws(ControlError)
    /// What there is to say about a prompt that a stream's model was just given: words that it does not know.
    func notes(on prompt: Prompt, of stream: String) -> [String]
    /// The styles that a stream's model knows, each as a prompt; none where it takes any prompt, or is not loaded yet.
    func styles(of stream: String) -> [String]
    /// Where the page is served, with its token; nil where it is not.
    var pageAddress: String? { get }
}

extension ControlTarget {
    package func styles(of stream: String) -> [String] { [] }
    package var pageAddress: String? { nil }
    package func notes(on prompt: Prompt, of stream: String) -> [String] { [] }
}

/// Which picture a snapshot shows.
package enum SnapshotPicture: String, Sendable, CaseIterable { case source, restyled }

/// How a snapshot is written.
package enum SnapshotFormat: String, Sendable, CaseIterable {
    case png, jpeg

    /// What a file's name asks for.
    package init(path: String) {
        let name = path.lowercased()
        self = name.hasSuffix(".jpg") || name.hasSuffix(".jpeg") ? .jpeg : .png
    }
}

/// A picture's file.
package struct Snapshot: Sendable {
    package let data: [UInt8]
    package let width: Int
    package let height: Int

    package init(data: [UInt8], width: Int, height: Int) {
        (self.data, self.width, self.height) = (data, width, height)
    }
}
