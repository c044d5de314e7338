/// Follows a stream's motion: each new source frame is compared with the one before, and the maps of the keys that are in
/// use go on by one frame.
package struct MotionTracker: ~Copyable {
    package let width: Int
    package let height: Int
    private var newest: LumaPyramid
    private var before: LumaPyramid
    private var search: DenseInverseSearch
    /// From the newest frame to the one before, and back.
    package private(set) var forward: FlowField
    package private(set) var backward: FlowField
    private var hasBefore = false

    /// - Parameters: the pictures' size.
    package init(forPicture width: Int, _ height: Int) {
        let size = LumaPyramid.size(forPicture: width, height)
        (self.width, self.height) = size
        newest = LumaPyramid(width: size.width, height: size.height)
        before = LumaPyramid(width: size.width, height: size.height)
        search = DenseInverseSearch(width: size.width, height: size.height)
        forward = FlowField(width: size.width, height: size.height)
        backward = FlowField(width: size.width, height: size.height)
    }

    /// Takes the next source frame, of any size.
    package mutating func advance(to picture: PictureView) {
        swap(&newest, &before)
        newest.update(from: picture)
        guard hasBefore else {
            hasBefore = true
            return
        }
        search.search(from: newest, to: before, into: &forward)
        search.search(from: before, to: newest, into: &backward)
    }

    /// A map for a key that the newest frame is.
    package func makeTrack() -> KeyTrack { KeyTrack(width: width, height: height) }

    /// The newest frame is the track's key.
    package func start(_ track: inout KeyTrack) { track.start(at: newest) }

    /// The track goes on to the newest frame.
    package func advance(_ track: inout KeyTrack) { track.advance(forward, backward, to: newest) }
}

/// One key's way: its luma, and the map from the newest frame to it.
package struct KeyTrack: ~Copyable {
    package private(set) var map: MotionMap
    private var key: LumaPyramid

    init(width: Int, height: Int) {
        map = MotionMap(width: width, height: height)
        key = LumaPyramid(width: width, height: height)
    }

    mutating func start(at frame: borrowing LumaPyramid) {
        key.copy(frame)
        map.reset()
    }

    mutating func advance(
        _ forward: borrowing FlowField, _ backward: borrowing FlowField, to frame: borrowing LumaPyramid
    ) {
        map.advance(forward, backward, frame: frame, key: key)
    }
}
