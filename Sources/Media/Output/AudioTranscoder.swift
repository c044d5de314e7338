import CFFmpeg

/// Sound in one codec to sound in another, every sample in its time.
///
/// `@unchecked Sendable`: it has one owner and moves with it.
final class AudioTranscoder: @unchecked Sendable {
    let encoder: UnsafeMutablePointer<AVCodecContext>
    private var decoder: Decoder
    private var resampler: OpaquePointer?
    private var fifo: OpaquePointer?
    /// The layout and format the resampler was set up for.
    private var source: (rate: Int32, format: Int32, channels: Int32)?
    private let inputTimeBase: Rational
    /// The time of the next sample that goes to the encoder, in samples; `nil` before the first.
    private var next: Int64?
    /// A gap longer than this is a gap and not rounding, in seconds.
    private static let gap = Rational(1, 10)

    init(_ stream: StreamTemplate, to codec: UnsafePointer<AVCodec>, globalHeader: Bool) throws(MediaError) {
        let parameters = stream.parameters
        decoder = try Decoder.open(
            parameters, timeBase: stream.timeBase, policy: InputPolicy(), threads: 1, at: stream.description)
        inputTimeBase = stream.timeBase
        guard let encoder = avcodec_alloc_context3(codec) else { throw outOfMemory() }
        self.encoder = encoder
        encoder.pointee.sample_rate = AudioTranscoder.rate(parameters.pointee.sample_rate, for: codec)
        encoder.pointee.sample_fmt = codec.pointee.sample_fmts?.pointee ?? AV_SAMPLE_FMT_FLTP
        encoder.pointee.time_base = AVRational(num: 1, den: encoder.pointee.sample_rate)
        if globalHeader { encoder.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
        let channels = max(parameters.pointee.ch_layout.nb_channels, 1)
        // More than stereo only in the layouts every encoder knows.
        av_channel_layout_default(&encoder.pointee.ch_layout, channels == 1 ? 1 : channels == 6 ? 6 : 2)
        encoder.pointee.bit_rate = Int64(encoder.pointee.ch_layout.nb_channels) * 80_000
        try check("avcodec_open2", avcodec_open2(encoder, codec, nil), at: stream.description, as: .unsupported)
        let format = encoder.pointee.sample_fmt
        fifo = av_audio_fifo_alloc(format, encoder.pointee.ch_layout.nb_channels, 4096)
        guard fifo != nil else { throw outOfMemory() }
    }

    deinit {
        var encoder: UnsafeMutablePointer<AVCodecContext>? = encoder
        avcodec_free_context(&encoder)
        swr_free(&resampler)
        av_audio_fifo_free(fifo)
    }

    private static func rate(_ wanted: Int32, for codec: UnsafePointer<AVCodec>) -> Int32 {
        guard var offered = codec.pointee.supported_samplerates else { return wanted }
        while offered.pointee != 0 {
            if offered.pointee == wanted { return wanted }
            offered += 1
        }
        return 48000
    }

    private var tick: Rational { Rational(1, Int64(encoder.pointee.sample_rate)) }

    /// What the encoder has ready once it was given a packet, or `nil` for the end.
    func transcode(_ packet: Packet?) throws(MediaError) -> [Packet] {
        // The decoder counts in the input's own ticks.
        packet?.rescale(to: inputTimeBase)
        if case .damaged = try decoder.send(packet) { return [] }
        var packets: [Packet] = []
        frames: while true {
            switch try decoder.receive() {
            case .frame(let frame):
                try resample(frame)
                try encode(&packets, all: false)
            case .damaged: continue
            case .needsPacket, .ended: break frames
            }
        }
        if packet == nil {
            try encode(&packets, all: true)
            avcodec_send_frame(encoder, nil)
            try collect(&packets)
        }
        return packets
    }

    private func resample(_ frame: Frame) throws(MediaError) {
        let raw = frame.handle
        // A decoder that only counts its channels means the usual layout of as many.
        if raw.pointee.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC {
            av_channel_layout_default(&raw.pointee.ch_layout, raw.pointee.ch_layout.nb_channels)
        }
        let shape = (raw.pointee.sample_rate, raw.pointee.format, raw.pointee.ch_layout.nb_channels)
        if source.map({ $0 != shape }) ?? true {
            swr_free(&resampler)
            let code = swr_alloc_set_opts2(
                &resampler, &encoder.pointee.ch_layout, encoder.pointee.sample_fmt, encoder.pointee.sample_rate,
                &raw.pointee.ch_layout, AVSampleFormat(rawValue: shape.1), shape.0, 0, nil)
            try check("swr_alloc_set_opts2", code, as: .internal)
            try check("swr_init", swr_init(resampler), as: .unsupported, "this sound cannot be converted")
            source = shape
        }
        let made: Frame
        do { made = try Frame() } catch { throw outOfMemory() }
        made.handle.pointee.sample_rate = encoder.pointee.sample_rate
        made.handle.pointee.format = encoder.pointee.sample_fmt.rawValue
        try check(
            "av_channel_layout_copy",
            av_channel_layout_copy(&made.handle.pointee.ch_layout, &encoder.pointee.ch_layout), as: .internal)
        try check("swr_convert_frame", swr_convert_frame(resampler, made.handle, raw), as: .internal)
        anchor(frame)
        try store(made)
    }

    /// Begins at the first frame's time, and leaves a gap where the input has one.
    private func anchor(_ frame: Frame) {
        let best = frame.handle.pointee.best_effort_timestamp
        guard best != noTimestamp else {
            next = next ?? 0
            return
        }
        let time = best.seconds(in: inputTimeBase)
        let waiting = Int64(av_audio_fifo_size(fifo))
        if let next, time - (next + waiting).seconds(in: tick) <= Self.gap { return }
        next = time.ticks(of: tick) - waiting
    }

    private func store(_ frame: Frame) throws(MediaError) {
        let count = frame.handle.pointee.nb_samples
        guard count > 0, let data = frame.handle.pointee.extended_data else { return }
        let planes = UnsafeMutableRawPointer(data).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
        try check("av_audio_fifo_write", av_audio_fifo_write(fifo, planes, count), as: .internal)
    }

    private func encode(_ packets: inout [Packet], all: Bool) throws(MediaError) {
        let size = encoder.pointee.frame_size > 0 ? encoder.pointee.frame_size : 1024
        while av_audio_fifo_size(fifo) >= size || (all && av_audio_fifo_size(fifo) > 0) {
            let frame: Frame
            do { frame = try Frame() } catch { throw outOfMemory() }
            let raw = frame.handle
            raw.pointee.nb_samples = min(size, av_audio_fifo_size(fifo))
            raw.pointee.format = encoder.pointee.sample_fmt.rawValue
            raw.pointee.sample_rate = encoder.pointee.sample_rate
            try check(
                "av_channel_layout_copy",
                av_channel_layout_copy(&raw.pointee.ch_layout, &encoder.pointee.ch_layout), as: .internal)
            try check("av_frame_get_buffer", av_frame_get_buffer(raw, 0), as: .internal)
            guard let data = raw.pointee.extended_data else { throw outOfMemory() }
            let planes = UnsafeMutableRawPointer(data).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
            try check("av_audio_fifo_read", av_audio_fifo_read(fifo, planes, raw.pointee.nb_samples), as: .internal)
            raw.pointee.pts = next ?? 0
            next = raw.pointee.pts + Int64(raw.pointee.nb_samples)
            try check("avcodec_send_frame", avcodec_send_frame(encoder, raw), as: .internal)
            try collect(&packets)
        }
    }

    private func collect(_ packets: inout [Packet]) throws(MediaError) {
        while true {
            let packet: Packet
            do { packet = try Packet() } catch { throw outOfMemory() }
            let code = avcodec_receive_packet(encoder, packet.handle)
            if code == AVError.tryAgain || code == AVError.endOfFile { return }
            try check("avcodec_receive_packet", code, as: .internal)
            packet.timeBase = tick
            packets.append(packet)
        }
    }
}
