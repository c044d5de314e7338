/// What a live stream shows between the model's pictures.
///
/// The owner hands it each source frame, says which of them the model took and what came of it, and asks for a picture
/// whenever one is due. A key that has just come fades in over three pictures, or it would pop.
package struct LiveMotion: ~Copyable {
    private var tracker: MotionTracker
    private var presenter: Presenter
    /// The key being shown, the one being made, and the one that fades.
    private var shown: KeyTrack
    private var taken: KeyTrack
    private var fading: KeyTrack
    private var key: RestyledKey?
    private var fadingKey: RestyledKey?
    private var isTaken = false
    /// Pictures shown since the key came.
    private var shows = 0

    static let fade = 3

    /// - Parameters: of the source frames and the pictures shown.
    package init(forPicture width: Int, _ height: Int) {
        tracker = MotionTracker(forPicture: width, height)
        presenter = Presenter(width: width, height: height, map: (tracker.width, tracker.height))
        shown = tracker.makeTrack()
        taken = tracker.makeTrack()
        fading = tracker.makeTrack()
    }

    /// Takes the next source frame.
    package mutating func advance(to frame: PictureView) {
        tracker.advance(to: frame)
        if isTaken { tracker.advance(&taken) }
        if key != nil { tracker.advance(&shown) }
        if fadingKey != nil { tracker.advance(&fading) }
    }

    /// The model has taken the newest frame.
    package mutating func keyTaken() {
        tracker.start(&taken)
        isTaken = true
    }

    /// The model has made a picture of the frame that it took last.
    package mutating func keyMade(_ made: RestyledKey) {
        guard isTaken else { return }
        swap(&fading, &shown)
        swap(&shown, &taken)
        (fadingKey, key) = (key, made)
        (isTaken, shows) = (false, 0)
        if shown.map.age == 0 && fading.map.meanConfidence < 0.2 { fadingKey = nil }
    }

    /// - Parameter frame: the newest source frame.
    /// - Returns: whether there is a key to make a picture from.
    package mutating func present(_ frame: PictureView, into result: UnsafeMutablePointer<UInt8>) -> Bool {
        guard let key else { return false }
        shows += 1
        if shows >= Self.fade { fadingKey = nil }
        if let fadingKey {
            presenter.present(
                frame, fadingKey, fading.map, key, shown.map, share: Float(shows) / Float(Self.fade), into: result)
        } else {
            presenter.present(frame, key, shown.map, into: result)
        }
        return true
    }
}
