/// What a recorded video shows between two restyled frames: it may look both ways.
///
/// One stretch at a time: the frames from a key to the next one are appended, the stretch is closed, and then each
/// frame's picture can be asked for.
package struct RecordedMotion: ~Copyable {
    private let width: Int
    private let height: Int
    private var presenter: Presenter
    private var search: DenseInverseSearch
    private var frames: [Frame] = []
    private var count = 0

    /// The maps of a stretch are kept, so its length is what its memory depends on.
    final class Frame {
        var luma: LumaPyramid
        /// To the frame before, and from that one to this.
        var forward: FlowField
        var backward: FlowField
        /// To the key before and to the one after.
        var before: MotionMap
        var after: MotionMap

        init(_ width: Int, _ height: Int) {
            luma = LumaPyramid(width: width, height: height)
            forward = FlowField(width: width, height: height)
            backward = FlowField(width: width, height: height)
            before = MotionMap(width: width, height: height)
            after = MotionMap(width: width, height: height)
        }
    }

    package init(forPicture width: Int, _ height: Int) {
        let size = LumaPyramid.size(forPicture: width, height)
        (self.width, self.height) = size
        presenter = Presenter(width: width, height: height, map: size)
        search = DenseInverseSearch(width: size.width, height: size.height)
    }

    /// A new stretch, of at most so many frames.
    package mutating func begin(_ capacity: Int) {
        while frames.count < capacity { frames.append(Frame(width, height)) }
        count = 0
    }

    package mutating func append(_ picture: PictureView) {
        frames[count].luma.update(from: picture)
        if count == 0 { frames[0].before.reset() }
        count += 1
    }

    /// All frames are there: measures the motion between them.
    package mutating func close() {
        guard count > 0 else { return }
        frames[0].before.reset()
        frames[count - 1].after.reset()
        for index in 1..<max(1, count) {
            let (frame, last) = (frames[index], frames[index - 1])
            search.search(from: frame.luma, to: last.luma, into: &frame.forward)
            search.search(from: last.luma, to: frame.luma, into: &frame.backward)
            frame.before.copy(last.before)
            frame.before.advance(frame.forward, frame.backward, frame: frame.luma, key: frames[0].luma)
        }
        for index in (0..<max(0, count - 1)).reversed() {
            let (frame, next) = (frames[index], frames[index + 1])
            frame.after.copy(next.after)
            frame.after.advance(next.backward, next.forward, frame: frame.luma, key: frames[count - 1].luma)
        }
    }

    /// - Parameters:
    ///   - index: the frame's, in the stretch.
    ///   - picture: that frame again.
    ///   - key: made of the stretch's first frame.
    ///   - next: made of its last; nil where the video ends before.
    package mutating func present(
        _ index: Int, _ picture: PictureView, _ key: RestyledKey, _ next: RestyledKey?,
        into result: UnsafeMutablePointer<UInt8>
    ) {
        let frame = frames[index]
        if let next, index > 0 {
            presenter.present(
                picture, key, frame.before, next, frame.after, share: Float(index) / Float(count - 1), into: result)
        } else {
            presenter.present(picture, key, frame.before, into: result)
        }
    }
}
