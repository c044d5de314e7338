import ArgumentParser
import Motion

/// For each two pictures one after the other: the flow from the second to the first, float32 [height, width, 2] of the
/// pyramid's size.
struct FlowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "flow", abstract: "The flow between two pictures.")

    @Option(help: "Of the pictures.") var size: PictureSize
    @Option(help: "The file of pictures.") var pictures: String
    @Option(help: "Pictures from one pair to the next.") var step = 2

    func run() throws {
        let input = try RawPictures(pictures, size)
        for index in stride(from: 0, to: input.count - 1, by: step) {
            var tracker = MotionTracker(forPicture: size.width, size.height)
            for picture in [try input.read(index), try input.read(index + 1)] {
                picture.view(size) { tracker.advance(to: $0) }
            }
            let (width, height) = (tracker.width, tracker.height)
            let field = (0..<height).flatMap { y in
                (0..<width).flatMap { x in [tracker.forward[x, y].x, tracker.forward[x, y].y] }
            }
            try field.withUnsafeBytes { try emit($0) }
        }
    }
}

/// Presents every source frame with keys restyled at a simulated rate.
struct PresentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "present", abstract: "Every frame, from a few restyled ones.")

    @Option(help: "Of the source and the output.") var size: PictureSize
    @Option(help: "The source's frames.") var source: String
    @Option(help: "Of the restyled pictures; the source's if left out.") var modelSize: PictureSize?
    @Option(help: "The source's frames at the model's size, if that is another.") var modelSource: String?
    @Option(help: "Every frame restyled.") var restyled: String
    @Option(help: "Frames from one key to the next.") var every: Int
    @Option(help: "Frames that the model takes; 0 and --both is how files are done.") var latency: Int
    @Flag(help: "Look at the key after as well.") var both = false

    func run() throws {
        let keySize = modelSize ?? size
        let input = try RawPictures(source, size)
        let small = try RawPictures(modelSource ?? source, keySize)
        let styled = try RawPictures(restyled, keySize)
        let key = { (index: Int) in
            try small.read(index).view(keySize) { source in
                try styled.read(index).view(keySize) { RestyledKey(source: source, restyled: $0) }
            }
        }
        if both {
            try presentBetween(input, key)
        } else {
            try presentAfter(input, key)
        }
    }

    private func presentAfter(_ input: RawPictures, _ key: (Int) throws -> RestyledKey) throws {
        var motion = LiveMotion(forPicture: size.width, size.height)
        var result = [UInt8](repeating: 0, count: size.bytes)
        for index in 0..<input.count {
            let frame = try input.read(index)
            frame.view(size) { motion.advance(to: $0) }
            let isKey = index % every == 0
            if isKey, latency > 0 { motion.keyTaken() }
            let made = index - latency
            if made >= 0, made % every == 0 {
                if latency == 0 { motion.keyTaken() }
                motion.keyMade(try key(made))
            }
            frame.view(size) { view in
                result.withUnsafeMutableBufferPointer { bytes in
                    if !motion.present(view, into: bytes.baseAddress!) {
                        bytes.baseAddress!.update(from: view.base, count: size.bytes)
                    }
                }
            }
            try result.withUnsafeBytes { try emit($0) }
        }
    }

    private func presentBetween(_ input: RawPictures, _ key: (Int) throws -> RestyledKey) throws {
        var motion = RecordedMotion(forPicture: size.width, size.height)
        var result = [UInt8](repeating: 0, count: size.bytes)
        var start = 0
        while start < input.count {
            let end = min(start + every, input.count - 1)
            let frames = try (start...end).map { try input.read($0) }
            let isLast = end == input.count - 1
            let (first, next) = (try key(start), try end > start && end % every == 0 ? key(end) : nil)
            motion.begin(frames.count)
            for frame in frames { frame.view(size) { motion.append($0) } }
            motion.close()
            for (offset, frame) in frames.enumerated() where offset < frames.count - 1 || isLast {
                frame.view(size) { view in
                    result.withUnsafeMutableBufferPointer { bytes in
                        motion.present(offset, view, first, next, into: bytes.baseAddress!)
                    }
                }
                try result.withUnsafeBytes { try emit($0) }
            }
            start = isLast ? input.count : end
        }
    }
}

/// Steadies restyled pictures.
struct SteadyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "steady", abstract: "Restyled pictures, steadied.")

    @Option(help: "Of all pictures.") var size: PictureSize
    @Option(help: "The source's frames.") var source: String
    @Option(help: "Every frame restyled.") var restyled: String
    @Option(help: "0 to 1.") var steadiness = 0.5

    func run() throws {
        let (input, styled) = (try RawPictures(source, size), try RawPictures(restyled, size))
        var tracker = MotionTracker(forPicture: size.width, size.height)
        var track = tracker.makeTrack()
        var blend = SteadyBlend(width: size.width, height: size.height, map: (tracker.width, tracker.height))
        for index in 0..<min(input.count, styled.count) {
            let frame = try input.read(index)
            frame.view(size) { tracker.advance(to: $0) }
            if index > 0 { tracker.advance(&track) }
            if track.map.meanConfidence < 0.2 { blend.reset() }
            var picture = try styled.read(index)
            picture.withUnsafeMutableBufferPointer {
                blend.steady($0.baseAddress!, track.map, steadiness: Float(steadiness))
            }
            tracker.start(&track)
            try picture.withUnsafeBytes { try emit($0) }
        }
    }
}

/// The cost of each stage.
struct TimeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "time", abstract: "Milliseconds of each stage, on one thread.")

    @Option(help: "Of the source and the output.") var size: PictureSize
    @Option(help: "The source's frames.") var source: String
    @Option(help: "The restyled pictures, of the model's size.") var restyled: String
    @Option(help: "The model's size.") var modelSize: PictureSize
    @Option(help: "The source's frames at the model's size.") var modelSource: String

    func run() throws {
        let (input, styled) = (try RawPictures(source, size), try RawPictures(restyled, modelSize))
        let small = try RawPictures(modelSource, modelSize)
        var stages = StageTimes()
        let map = LumaPyramid.size(forPicture: size.width, size.height)
        var old = LumaPyramid(width: map.width, height: map.height)
        var new = LumaPyramid(width: map.width, height: map.height)
        var search = DenseInverseSearch(width: map.width, height: map.height)
        var forward = FlowField(width: map.width, height: map.height)
        var backward = FlowField(width: map.width, height: map.height)
        var motion = MotionMap(width: map.width, height: map.height)
        var presenter = Presenter(width: size.width, height: size.height, map: map)
        var steady = SteadyBlend(width: modelSize.width, height: modelSize.height, map: map)
        var result = [UInt8](repeating: 0, count: size.bytes)
        var last: RestyledKey?
        for index in 0..<min(40, input.count) {
            let (frame, smallFrame) = (try input.read(index), try small.read(index))
            var picture = try styled.read(index)
            swap(&old, &new)
            stages.begin()
            frame.view(size) { new.update(from: $0) }
            stages.end("luma")
            if index == 0 { old.copy(new) }
            search.search(from: new, to: old, into: &forward)
            stages.end("flow, one way")
            search.search(from: old, to: new, into: &backward)
            stages.begin()
            motion.advance(forward, backward, frame: new, key: old)
            stages.end("map")
            picture.withUnsafeMutableBufferPointer { steady.steady($0.baseAddress!, motion, steadiness: 0.5) }
            stages.end("steady, at the model's size")
            let made = smallFrame.view(modelSize) { from in
                picture.view(modelSize) { RestyledKey(source: from, restyled: $0) }
            }
            stages.end("key, at the model's size")
            let before = last ?? made
            frame.view(size) { view in
                result.withUnsafeMutableBufferPointer { bytes in
                    presenter.present(view, made, motion, into: bytes.baseAddress!)
                    stages.end("picture")
                    presenter.present(view, before, motion, made, motion, share: 0.5, into: bytes.baseAddress!)
                    stages.end("picture, two keys")
                }
            }
            last = made
        }
        stages.report()
    }
}

/// How long stages took that follow each other.
struct StageTimes {
    private let clock = ContinuousClock()
    private var start = ContinuousClock.now
    private var stages: [(name: String, times: [Double])] = []

    mutating func begin() { start = clock.now }

    mutating func end(_ name: String) {
        let took = (clock.now - start) / .milliseconds(1)
        if let index = stages.firstIndex(where: { $0.name == name }) {
            stages[index].times.append(took)
        } else {
            stages.append((name, [took]))
        }
        start = clock.now
    }

    /// Median and 90th percentile.
    func report() {
        for (name, times) in stages {
            let sorted = times.sorted()
            print(name, sorted[sorted.count / 2], sorted[sorted.count * 9 / 10], separator: "\t")
        }
    }
}
