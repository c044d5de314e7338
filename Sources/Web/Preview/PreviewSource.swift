package import Control

/// Where the page's pictures come from. The daemon implements it; nothing here knows how they are made.
package protocol PreviewSource: Sendable {
    /// - Returns: nil for an unknown stream.
    func preview(of stream: String) -> (any PreviewReader)?
}

/// Reads the pictures of one stream, one thread at a time.
package protocol PreviewReader: AnyObject {
    /// Waits for a picture that is newer than the one with this serial, and takes it up; one that is there already comes
    /// at once, and those between are passed over.
    /// - Returns: its serial, which grows with every picture; nil where none has come in time.
    func next(after serial: Int64, within patience: Duration) -> Int64?
    /// The picture that was taken up last, as a JPEG file.
    /// - Parameter width: at most so many pixels; one that is smaller is not enlarged.
    func jpeg(_ picture: SnapshotPicture, width: Int) throws -> PreviewJPEG
}

/// A picture's file.
package struct PreviewJPEG: Sendable {
    package let data: [UInt8]
    package let width: Int
    package let height: Int
    /// How long ago its frame was captured.
    package let age: Duration

    package init(data: [UInt8], width: Int, height: Int, age: Duration) {
        (self.data, self.width, self.height, self.age) = (data, width, height, age)
    }
}
