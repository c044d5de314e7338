import Media

/// What came of putting an input through, with a restyler that changes nothing.
struct Passed {
    var frames: [(pts: Int64, duration: Int64)] = []
    var packets: [Int: Int] = [:]
    var info: SourceInfo
    var notes: [String] = []
    /// What the source said at its end.
    var error: MediaError?
}

/// Reads, converts to RGB, and writes.
func pass(
    _ input: String, to output: String, _ sourceOptions: SourceOptions = SourceOptions(),
    _ sinkOptions: SinkOptions = SinkOptions()
) throws -> Passed {
    let source = try VideoSource(input, sourceOptions)
    let sink = try VideoSink(output, from: source.info, sinkOptions)
    var scaler = Scaler()
    var passed = Passed(info: source.info)
    func next() -> VideoSource.Item? {
        do {
            return try source.next()
        } catch {
            passed.error = error
            return nil
        }
    }
    while let item = next() {
        switch item {
        case .frame(let frame):
            passed.frames.append((frame.pts, frame.duration))
            let image = try scaler.image(from: frame, width: sink.width, height: sink.height)
            try sink.write(image, pts: frame.pts, duration: frame.duration)
        case .packet(let packet):
            passed.packets[packet.streamIndex, default: 0] += 1
            try sink.write(packet)
        }
    }
    try sink.finish()
    passed.notes = sink.notes
    return passed
}
