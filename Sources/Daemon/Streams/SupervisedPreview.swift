import Basics
import Control
import Glibc
import Pipeline
package import Web

/// A stream's pictures for the page, also when the stream is stopped and started meanwhile.
final class SupervisedPreview: PreviewReader {
    private let stream: SupervisedStream
    private let previewer = PicturePreviewer()
    private var live: LiveStream?
    private var shown: ShownPicture?
    /// Streams that are started again count from the beginning; this goes on.
    private var serial: Int64 = 0

    init(_ stream: SupervisedStream) { self.stream = stream }

    func next(after wanted: Int64, within patience: Duration) -> Int64? {
        let deadline = MonotonicTime.now + patience
        if case .running(let running, _) = stream.phase {
            if running !== live { (live, shown) = (running, nil) }
            // One that was taken up and is still the newest is good for a viewer that has just come.
            let known = serial > wanted ? nil : shown?.serial
            if let picture = running.picture(after: known, until: deadline) {
                if picture.serial != shown?.serial { serial += 1 }
                shown = picture
                return serial
            }
        } else {
            live = nil
            // Without a stream nothing says when there is one.
            usleep(useconds_t(max(0, (deadline - .now).inNanoseconds) / 1000))
        }
        return nil
    }

    func jpeg(_ picture: SnapshotPicture, width: Int) throws -> PreviewJPEG {
        guard let shown else { throw ControlError(.notReady, "\(stream.name) has no picture yet") }
        let file = try previewer.jpeg(of: shown, restyled: picture == .restyled, width: width)
        let age = shown.captured.map { MonotonicTime.now - $0 } ?? .zero
        return PreviewJPEG(data: file.data, width: file.width, height: file.height, age: age)
    }
}

extension StreamSupervisor: PreviewSource {
    package func preview(of stream: String) -> (any PreviewReader)? { self[stream].map(SupervisedPreview.init) }
}
