import CFFmpeg

/// The coded pictures of a unit: what a `VideoSink` wrote whose part was a unit of an output, read to be joined to others.
///
/// The container is NUT, which holds every codec, and every time base exactly. It keeps no dts and no durations: the dts
/// are made where units are joined, and durations are the caller's to keep.
package struct CodedVideo: ~Copyable {
    static let format = "nut"
    private var demuxer: Demuxer
    private let timeBase: Rational

    /// NUT's timestamps are not negative, and the dts of the first pictures may be.
    static func headroom(in timeBase: Rational) -> Int64 { Rational(10).ticks(of: timeBase) }

    /// - Parameter sink: what the pictures are joined in.
    /// - Throws: where they were not encoded as those of the sink.
    package init(_ path: String, for sink: VideoSink) throws {
        let demuxer = try Self.open(path)
        guard demuxer.streamCount == 1, sink.isEncoded(as: demuxer.stream(0).pointee.codecpar) else {
            throw MediaError(
                .invalidData, "its pictures were encoded by another encoder, or another version of it", at: path)
        }
        self.demuxer = demuxer
        timeBase = sink.encoderTimeBase
    }

    /// Pixels of a unit's pictures; nil where the unit has none.
    package static func size(of path: String) throws -> (width: Int, height: Int)? {
        guard FileIdentity(path: path) != nil else { return nil }
        let demuxer = try open(path)
        guard demuxer.streamCount > 0 else { return nil }
        let parameters = demuxer.stream(0).pointee.codecpar.pointee
        return (Int(parameters.width), Int(parameters.height))
    }

    private static func open(_ path: String) throws -> Demuxer {
        var policy = InputPolicy()
        policy.formats = [format]
        return try Demuxer.open(
            .path(path), format: format, options: [], policy: policy, interruption: Interruption())
    }

    /// The next picture in the order of coding, its pts on the output's clock, without a dts; nil at the end.
    package mutating func next() throws -> Packet? {
        guard let packet = try demuxer.read() else { return nil }
        packet.rescale(to: timeBase)
        packet.shift(by: -Self.headroom(in: timeBase))
        packet.handle.pointee.dts = noTimestamp
        packet.handle.pointee.stream_index = 0
        return packet
    }
}

/// Gives coded pictures their dts: each is due when the picture is shown that lies as many places ahead in the order of
/// showing as pictures are reordered at most, so that dts rise and none is later than its pts.
package struct DecodingOrder: Sendable {
    private let reordering: Int
    /// The pts that no picture was given as its dts, sorted.
    private var times: [Int64] = []
    /// The first pictures, until it is known when the first of all are shown.
    private var first: [Packet]? = []

    package init(for sink: VideoSink) { reordering = sink.reordering }

    /// - Returns: pictures whose dts can be told now, in the order of coding.
    package mutating func push(_ packet: Packet) -> [Packet] {
        times.insert(packet.pts, at: times.firstIndex { $0 > packet.pts } ?? times.count)
        guard first != nil else {
            packet.handle.pointee.dts = times.removeFirst()
            return [packet]
        }
        first?.append(packet)
        return times.count > 2 * reordering ? finish() : []
    }

    /// Pictures that wait at the end of a video that is shorter than the reordering.
    package mutating func finish() -> [Packet] {
        guard let pictures = first, !pictures.isEmpty else { return [] }
        first = nil
        let ahead = min(reordering, times.count - 1)
        // The first are due before anything is shown, as far ahead as those that follow.
        for (index, picture) in pictures.enumerated() {
            picture.handle.pointee.dts =
                index < ahead ? times[index] - (times[ahead] - times[0]) : times[index - ahead]
        }
        times.removeFirst(pictures.count - ahead)
        return pictures
    }
}
