/// How far a job is, as people and programs are told.
package struct Progress: Sendable, Equatable {
    /// Restyled frames written.
    package var frames: Int
    /// Frames there will be, where the container says.
    package var total: Int?
    /// Over the last seconds.
    package var framesPerSecond: Double
    /// Seconds of video written for each second that passed.
    package var speed: Double
    package var etaSeconds: Double?

    package init(frames: Int, total: Int?, framesPerSecond: Double, speed: Double, etaSeconds: Double?) {
        (self.frames, self.total, self.framesPerSecond) = (frames, total, framesPerSecond)
        (self.speed, self.etaSeconds) = (speed, etaSeconds)
    }
}

/// Works out the rates from what was written when. A value, so that a test can be its clock.
package struct ProgressMeter: Sendable {
    private struct Mark: Sendable {
        let seconds: Double
        let frames: Int
        let position: Double
    }
    /// Long enough to be steady, short enough to follow a change of scene or settings.
    private static let window = 8.0
    private var marks: [Mark] = []
    private let total: Int?

    package init(total: Int?) { self.total = total }

    /// - Parameters:
    ///   - seconds: when, on any clock that does not go back.
    ///   - position: seconds of video written.
    package mutating func record(seconds: Double, frames: Int, position: Double) -> Progress {
        marks.append(Mark(seconds: seconds, frames: frames, position: position))
        while marks.count > 2, seconds - marks[1].seconds >= Self.window { marks.removeFirst() }
        let elapsed = seconds - marks[0].seconds
        let rate = elapsed > 0 ? Double(frames - marks[0].frames) / elapsed : 0
        let remaining = total.map { max(0, Double($0 - frames)) }
        return Progress(
            frames: frames, total: total, framesPerSecond: rate,
            speed: elapsed > 0 ? (position - marks[0].position) / elapsed : 0,
            etaSeconds: rate > 0 ? remaining.map { $0 / rate } : nil)
    }
}
