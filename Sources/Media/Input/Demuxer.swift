import Basics
import CFFmpeg
import CFFmpegShims

/// The owner of an open input: packets out, in the file's order.
///
/// `@unchecked Sendable`: it has one owner and moves with it; the interrupt flag alone is shared, and is atomic.
struct Demuxer: ~Copyable, @unchecked Sendable {
    let handle: UnsafeMutablePointer<AVFormatContext>
    let location: String
    private let policy: InputPolicy
    private let interruption: Interruption
    /// Our own reader, if the input is not a network address. Outlives the context that reads through it.
    private let io: DescriptorIO?
    /// Where the container was found broken and passed over, and what was said of the first place.
    private(set) var brokenPlaces = 0
    private(set) var firstComplaint: String?

    private init(
        handle: UnsafeMutablePointer<AVFormatContext>, location: String, policy: InputPolicy,
        interruption: Interruption, io: DescriptorIO?
    ) {
        (self.handle, self.location, self.policy) = (handle, location, policy)
        (self.interruption, self.io) = (interruption, io)
    }

    /// Opens and probes.
    /// - Parameters:
    ///   - format: FFmpeg's name of a demuxer, to overrule probing.
    ///   - options: further options of the demuxer, such as `video_size` of raw video.
    static func open(
        _ address: MediaAddress, format: String?, options: [(String, String)], policy: InputPolicy,
        interruption: Interruption
    ) throws(MediaError) -> Demuxer {
        let demuxer = try attempt(
            address, format: format, options: options, policy: policy, interruption: interruption)
        guard case .url = address, policy.packetTimeout != nil, !demuxer.hasPicture else { return demuxer }
        // A broadcast that was joined between two key frames tells with the next one what its picture is like. To wait
        // for that long every time would delay those that tell at once.
        _ = consume demuxer
        var policy = policy
        policy.analyzeDuration = max(policy.analyzeDuration, keyFrameInterval)
        return try attempt(address, format: format, options: options, policy: policy, interruption: interruption)
    }

    /// Twice what streaming services ask for.
    private static let keyFrameInterval = Duration.seconds(4)

    private static func attempt(
        _ address: MediaAddress, format: String?, options: [(String, String)], policy: InputPolicy,
        interruption: Interruption
    ) throws(MediaError) -> Demuxer {
        quietFFmpeg()
        let location = address.text
        let io: DescriptorIO?
        let input = try inputFormat(format, at: location)
        switch address {
        case .path(let path):
            io = try DescriptorIO(reading: path, policy, interruption: interruption)
        case .standardStream(let descriptor):
            io = try DescriptorIO(
                descriptor: descriptor, closing: false, writing: false, timeout: policy.timeout,
                packetTimeout: policy.packetTimeout, interruption: interruption)
        case .url:
            io = nil
        }
        guard let context = avformat_alloc_context() else { throw outOfMemory() }
        if io == nil { interruption.watch(context, packetTimeout: policy.packetTimeout) }
        context.pointee.interrupt_callback = interruption.callback
        context.pointee.pb = io?.context
        // Without a `file` protocol in the list a crafted input cannot make the demuxer open anything else.
        let protocols = if case .url = address { policy.protocols.joined(separator: ",") } else { "pipe" }
        var dictionary = AVOptions(
            options + [
                ("format_whitelist", policy.formats.joined(separator: ",")),
                ("codec_whitelist", policy.codecs.joined(separator: ",")),
                ("protocol_whitelist", protocols),
                ("max_streams", "\(policy.maxStreams)"),
                ("probesize", "\(policy.probeSize)"),
                ("analyzeduration", "\(policy.analyzeDuration.inNanoseconds / 1000)"),
            ])
        var handle: UnsafeMutablePointer<AVFormatContext>? = context
        let path = if case .path(let path) = address { path } else { address.text }
        do throws(MediaError) {
            // On failure FFmpeg frees the context itself.
            let code = interruption.within(policy.timeout) {
                avformat_open_input(&handle, path, input, &dictionary.handle)
            }
            try check("avformat_open_input", code, at: location)
        } catch {
            defer { interruption.unwatch() }
            throw Demuxer.explained(error, io: io, interruption: interruption, policy: policy)
        }
        let demuxer = Demuxer(
            handle: context, location: location, policy: policy, interruption: interruption, io: io)
        let ours = Set(["format_whitelist", "codec_whitelist", "protocol_whitelist", "max_streams"])
        if let unknown = dictionary.entries.first(where: { !ours.contains($0.key) && $0.key != "probesize" }) {
            throw MediaError(.badOption, "the input format takes no option \(unknown.key)", at: location)
        }
        do throws(MediaError) {
            try demuxer.probe()
        } catch {
            throw Demuxer.explained(error, io: io, interruption: interruption, policy: policy)
        }
        return demuxer
    }

    deinit {
        interruption.unwatch()
        var handle: UnsafeMutablePointer<AVFormatContext>? = handle
        avformat_close_input(&handle)
    }

    private func probe() throws(MediaError) {
        try refuseWhatHasPassed()
        // The limits hold for the decoders that probing opens as well.
        let count = Int(handle.pointee.nb_streams)
        var options = [OpaquePointer?](repeating: nil, count: count)
        for index in options.indices { av_dict_set(&options[index], "max_pixels", "\(policy.maxPixels)", 0) }
        defer { for index in options.indices { av_dict_free(&options[index]) } }
        let context = handle
        beginPacket()
        let code = interruption.within(policy.timeout) { avformat_find_stream_info(context, &options) }
        try check("avformat_find_stream_info", code, at: location)
        // It makes do with what it has when a read fails.
        if isOverdue { throw Demuxer.overdue(policy, at: location) }
    }

    /// Whether a picture's size has been found.
    private var hasPicture: Bool {
        (0..<streamCount).contains {
            let parameters = stream($0).pointee.codecpar.pointee
            return parameters.codec_type == AVMEDIA_TYPE_VIDEO && parameters.width > 0
        }
    }

    /// An mp4 may have its index at the end; on a pipe everything that it points to is gone by then.
    private func refuseWhatHasPassed() throws(MediaError) {
        guard !isSeekable, formatName.hasPrefix("mov"), let reader = handle.pointee.pb?.pointee else { return }
        let oldest = reader.pos - Int64(reader.buf_end - reader.buffer)
        for index in 0..<streamCount {
            guard let first = avformat_index_get_entry(stream(index), 0), first.pointee.pos < oldest else { continue }
            throw MediaError(
                .unsupported,
                "its index stands at its end, which a pipe cannot go back from; give the file itself, or write it with "
                    + "ffmpeg -c copy -movflags +faststart", at: location)
        }
    }

    private static func explained(
        _ error: MediaError, io: DescriptorIO?, interruption: Interruption, policy: InputPolicy
    ) -> MediaError {
        if io?.isOverdue ?? interruption.isOverdue { return overdue(policy, at: error.location) }
        if let io, io.firstError == AVError.posix(ETIMEDOUT) {
            return MediaError(
                .timedOut, "nothing came for \((policy.timeout ?? .zero).components.seconds) s; start what writes it",
                at: error.location)
        }
        if error.code == .cancelled { return interruption.explaining(error, timeout: policy.timeout) }
        if let io, let context = io.context, io.firstError == 0, context.pointee.bytes_read == 0 {
            return MediaError(.invalidData, "is empty; there is nothing to read", at: error.location)
        }
        if error.cause?.contains("whitelist") == true {
            return MediaError(
                .unsupported, "is in a format that is not read here; convert it first: ffmpeg -i INPUT -c copy OUT.mkv",
                cause: error.cause, at: error.location)
        }
        guard error.code == .invalidData || error.code == .truncated else { return error }
        return MediaError(
            .invalidData,
            "is not a video or picture that can be read, or is cut off before its first frame; try playing it",
            cause: error.cause, at: error.location)
    }

    private func beginPacket() {
        if let io { io.beginPacket() } else { interruption.beginPacket() }
    }

    private var isOverdue: Bool { io?.isOverdue ?? interruption.isOverdue }

    private static func overdue(_ policy: InputPolicy, at location: String) -> MediaError {
        let time = (policy.packetTimeout ?? .zero).components.seconds
        return MediaError(
            .invalidData, "the data of the last \(time) s holds no complete packet; restart what sends it", at: location
        )
    }

    var streamCount: Int { Int(handle.pointee.nb_streams) }
    /// - Precondition: `index` is below `streamCount`.
    func stream(_ index: Int) -> UnsafeMutablePointer<AVStream> { handle.pointee.streams[index]! }
    var formatName: String { String(cString: handle.pointee.iformat.pointee.name) }
    /// Timestamps may jump, as in a broadcast that was joined or cut.
    var hasDiscontinuousTime: Bool { handle.pointee.iformat.pointee.flags & AVFMT_TS_DISCONT != 0 }
    /// The first error of our own reader; 0 if there is none.
    var readError: Int32 { io?.firstError ?? min(handle.pointee.pb?.pointee.error ?? 0, 0) }
    var isSeekable: Bool { (handle.pointee.pb?.pointee.seekable ?? 0) & AVIO_SEEKABLE_NORMAL != 0 }

    /// The next packet; `nil` at the end. An end that is none is an error.
    mutating func read() throws(MediaError) -> Packet? {
        let packet: Packet
        do { packet = try Packet() } catch { throw outOfMemory() }
        let context = handle
        beginPacket()
        _ = restyled_demuxer_errors_take()
        let code = interruption.within(policy.timeout) { av_read_frame(context, packet.handle) }
        let complaints = Int(restyled_demuxer_errors_take())
        brokenPlaces += complaints
        if complaints > 0, firstComplaint == nil { firstComplaint = takeLogLine() }
        if code == AVError.endOfFile {
            // FFmpeg reports a failed read as an end; our own reader knows better.
            guard readError < 0, readError != AVError.endOfFile else { return nil }
            if isOverdue { throw Demuxer.overdue(policy, at: location) }
            throw interruption.explaining(failure("av_read_frame", readError, at: location), timeout: policy.timeout)
        }
        if code < 0, isOverdue { throw Demuxer.overdue(policy, at: location) }
        if code < 0 {
            throw interruption.explaining(failure("av_read_frame", code, at: location), timeout: policy.timeout)
        }
        packet.timeBase = Rational(stream(packet.streamIndex).pointee.time_base)
        return packet
    }

    /// Goes to the last key frame at or before `microseconds` of the container's own time.
    mutating func seek(to microseconds: Int64) throws(MediaError) {
        let context = handle
        let code = interruption.within(policy.timeout) {
            avformat_seek_file(context, -1, Int64.min, microseconds, microseconds, 0)
        }
        try check("avformat_seek_file", code, at: location)
    }
}

extension Demuxer {
    /// The demuxer of FFmpeg's name; nil leaves it to probing.
    static func inputFormat(_ name: String?, at location: String) throws(MediaError) -> UnsafePointer<AVInputFormat>? {
        guard let name else { return nil }
        if let format = av_find_input_format(name) { return format }
        let near = nearest(to: name, among: demuxerNames()).map { "; did you mean \($0)?" } ?? ""
        throw MediaError(.badOption, "there is no input format \(name)\(near)", at: location)
    }
}

private func demuxerNames() -> [String] {
    var (state, names): (UnsafeMutableRawPointer?, [String]) = (nil, [])
    while let format = av_demuxer_iterate(&state) {
        names += String(cString: format.pointee.name).split(separator: ",").map(String.init)
    }
    return names
}
