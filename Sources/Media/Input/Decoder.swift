import CFFmpeg

/// The owner of a decoder: packets in, frames out.
///
/// `@unchecked Sendable`: it has one owner and moves with it.
struct Decoder: ~Copyable, @unchecked Sendable {
    let handle: UnsafeMutablePointer<AVCodecContext>
    let location: String

    private init(handle: UnsafeMutablePointer<AVCodecContext>, location: String) {
        (self.handle, self.location) = (handle, location)
    }

    /// - Parameter timeBase: of the packets that will be sent.
    static func open(
        _ parameters: UnsafeMutablePointer<AVCodecParameters>, timeBase: Rational, policy: InputPolicy, threads: Int,
        at location: String
    ) throws(MediaError) -> Decoder {
        let name = String(cString: avcodec_get_name(parameters.pointee.codec_id))
        guard let codec = avcodec_find_decoder(parameters.pointee.codec_id) else {
            throw MediaError(
                .unsupported, "this FFmpeg has no decoder for \(name); convert the input first", at: location)
        }
        guard let context = avcodec_alloc_context3(codec) else { throw outOfMemory() }
        let decoder = Decoder(handle: context, location: location)
        try check("avcodec_parameters_to_context", avcodec_parameters_to_context(context, parameters), at: location)
        context.pointee.pkt_timebase = timeBase.av
        context.pointee.thread_count = Int32(threads)
        var options = AVOptions([
            ("max_pixels", "\(policy.maxPixels)"), ("codec_whitelist", policy.codecs.joined(separator: ",")),
        ])
        let opened = avcodec_open2(context, codec, &options.handle)
        try check(
            "avcodec_open2", opened, at: location, as: .unsupported,
            "the \(name) decoder does not take this stream; convert the input first: ffmpeg -i INPUT OUT.mkv")
        return decoder
    }

    deinit {
        var handle: UnsafeMutablePointer<AVCodecContext>? = handle
        avcodec_free_context(&handle)
    }

    /// What came of handing over a packet.
    enum Sent {
        case taken, full
        case damaged(MediaError)
    }

    /// Hands over a packet, or `nil` for the end. `full`: take frames out first and hand it over again.
    mutating func send(_ packet: Packet?) throws(MediaError) -> Sent {
        let code = avcodec_send_packet(handle, packet?.handle)
        if code == AVError.tryAgain { return .full }
        if code == AVError.endOfFile { return .taken }
        if code == AVError.posix(ENOMEM) { throw outOfMemory() }
        return code < 0 ? .damaged(failure("avcodec_send_packet", code, at: location)) : .taken
    }

    enum Received {
        case frame(Frame)
        case needsPacket, ended
        case damaged(MediaError)
    }

    mutating func receive() throws(MediaError) -> Received {
        let frame: Frame
        do { frame = try Frame() } catch { throw outOfMemory() }
        let code = avcodec_receive_frame(handle, frame.handle)
        if code == AVError.tryAgain { return .needsPacket }
        if code == AVError.endOfFile { return .ended }
        if code == AVError.posix(ENOMEM) { throw outOfMemory() }
        return code < 0 ? .damaged(failure("avcodec_receive_frame", code, at: location)) : .frame(frame)
    }
}
