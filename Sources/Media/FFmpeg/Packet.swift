import CFFmpeg

/// A piece of a coded stream, as the demuxer found it.
///
/// `@unchecked Sendable`: it is handed from thread to thread whole and never used by two at a time; what it points to
/// is reference-counted by FFmpeg, atomically.
package final class Packet: @unchecked Sendable {
    let handle: UnsafeMutablePointer<AVPacket>
    /// Ticks of `handle.pts` and the like.
    var timeBase: Rational
    /// What the input says of its stream.
    var stream: StreamTemplate?

    init() throws {
        guard let handle = av_packet_alloc() else { throw outOfMemory() }
        (self.handle, timeBase) = (handle, .one)
    }

    deinit {
        var handle: UnsafeMutablePointer<AVPacket>? = handle
        av_packet_free(&handle)
    }

    /// The index of the input's stream it belongs to.
    package var streamIndex: Int { Int(handle.pointee.stream_index) }
    /// Bytes of coded data.
    package var size: Int { Int(handle.pointee.size) }
    /// When it is shown, in seconds from the start of what is read; `nil` if the container does not say.
    package var time: Rational? { time(handle.pointee.pts) ?? time(handle.pointee.dts) }
    package var duration: Rational { max(handle.pointee.duration, 0).seconds(in: timeBase) }

    /// Whether decoding can begin with it.
    package var isKey: Bool { handle.pointee.flags & AV_PKT_FLAG_KEY != 0 }
    /// When it is shown, in ticks of its stream; `nil` if the container does not say.
    package var shownAt: Int64? { handle.pointee.pts == noTimestamp ? nil : handle.pointee.pts }

    var pts: Int64 { handle.pointee.pts }
    var dts: Int64 { handle.pointee.dts }
    /// When it is due in the file: dts before pts.
    var order: Rational? { time(handle.pointee.dts) ?? time(handle.pointee.pts) }

    private func time(_ ticks: Int64) -> Rational? { ticks == noTimestamp ? nil : ticks.seconds(in: timeBase) }

    /// A second reference to the same data.
    func reference() throws -> Packet {
        let copy = try Packet()
        try check("av_packet_ref", av_packet_ref(copy.handle, handle))
        copy.timeBase = timeBase
        copy.stream = stream
        return copy
    }

    /// A second reference to the same data whose place in time is another: `time` stands for its dts, or for its pts
    /// where it has no dts.
    package func placed(at time: Rational) throws -> Packet {
        let copy = try reference()
        copy.shift(by: (time - (order ?? .zero)).ticks(of: timeBase))
        return copy
    }

    /// A sample of timed text that shows nothing: its length, 0, in two bytes.
    static func emptyTimedText() throws -> Packet {
        let packet = try Packet()
        try check("av_new_packet", av_new_packet(packet.handle, 2), as: .internal)
        packet.handle.pointee.data?.update(repeating: 0, count: 2)
        (packet.handle.pointee.pts, packet.handle.pointee.dts) = (0, 0)
        return packet
    }

    func shift(by ticks: Int64) {
        if handle.pointee.pts != noTimestamp { handle.pointee.pts &+= ticks }
        if handle.pointee.dts != noTimestamp { handle.pointee.dts &+= ticks }
    }

    func rescale(to target: Rational) {
        av_packet_rescale_ts(handle, timeBase.av, target.av)
        timeBase = target
    }
}

func outOfMemory() -> MediaError { MediaError(.internal, "out of memory; try a smaller size") }
