import Basics
import CFFmpeg

/// The owner of an output being written.
///
/// `@unchecked Sendable`: it has one owner and moves with it; the interrupt flag alone is shared, and is atomic.
struct Muxer: ~Copyable, @unchecked Sendable {
    let handle: UnsafeMutablePointer<AVFormatContext>
    let location: String
    private let interruption: Interruption
    private let timeout: Duration?
    /// Our own writer, if the output is not a network address.
    private let io: DescriptorIO?
    private var lastTimestamp: [Int: Int64] = [:]
    /// How long each stream's last packet lasts.
    private(set) var lastDuration: [Int: Rational] = [:]
    /// Bytes of the file up to the end of the last packet or fragment that is in it as a whole.
    private var wholeLength: Int64 = 0
    private var headerLength: Int64 = 0
    private(set) var hasPictures = false
    private var fragments = FragmentClock()
    /// Tracks that nothing was written of yet.
    private var silent: Set<Int> = []

    private init(
        handle: UnsafeMutablePointer<AVFormatContext>, location: String, interruption: Interruption, timeout: Duration?,
        io: DescriptorIO?
    ) {
        (self.handle, self.location, self.interruption) = (handle, location, interruption)
        (self.timeout, self.io) = (timeout, io)
    }

    /// How a file comes into being.
    enum Making {
        /// With the first durable picture; until then an old one stays.
        case staged(overwriting: Bool)
        /// At once.
        case direct
        /// Never: to see whether the container takes what is to be written.
        case trial
    }

    /// Makes the output; nothing is written yet.
    static func open(
        _ address: MediaAddress, format: UnsafePointer<AVOutputFormat>, _ making: Making, protocols: [String],
        timeout: Duration?, interruption: Interruption
    ) throws(MediaError) -> Muxer {
        quietFFmpeg()
        // A device's muxer opens it itself.
        let isDevice = format.pointee.flags & AVFMT_NOFILE != 0
        let io: DescriptorIO? =
            switch (address, making) {
            case _ where isDevice: nil
            case (_, .trial):
                try DescriptorIO(
                    staging: StagedFile(path: address.text, overwriting: false), interruption: interruption)
            case (.path(let path), .staged(let overwriting)) where address.isRegularTarget:
                try DescriptorIO(
                    staging: .checked(path: path, overwriting: overwriting), interruption: interruption)
            case (.path(let path), _):
                try DescriptorIO(writing: path, timeout: timeout, interruption: interruption)
            case (.standardStream(let descriptor), _):
                try DescriptorIO(
                    descriptor: descriptor, closing: false, writing: true, timeout: timeout,
                    interruption: interruption)
            case (.url, _): nil
            }
        var made: UnsafeMutablePointer<AVFormatContext>?
        let code = avformat_alloc_output_context2(&made, UnsafeMutablePointer(mutating: format), nil, address.text)
        try check("avformat_alloc_output_context2", code, at: address.text)
        guard let handle = made else { throw outOfMemory() }
        let muxer = Muxer(
            handle: handle, location: address.text, interruption: interruption, timeout: timeout, io: io)
        handle.pointee.interrupt_callback = interruption.callback
        handle.pointee.flags |= AVFMT_FLAG_FLUSH_PACKETS
        // FFmpeg calls FLAC and Opus in mp4 experimental still; players have them for years.
        handle.pointee.strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL
        if let io {
            handle.pointee.pb = io.context
            handle.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
        } else if !isDevice {
            var options = AVOptions([("protocol_whitelist", protocols.joined(separator: ","))])
            var callback = interruption.callback
            let opened = interruption.within(timeout) {
                avio_open2(&handle.pointee.pb, address.text, AVIO_FLAG_WRITE, &callback, &options.handle)
            }
            try check("avio_open2", opened, at: address.text)
        }
        return muxer
    }

    deinit {
        // Ours flushes and closes with its own object.
        if io == nil { avio_closep(&handle.pointee.pb) }
        avformat_free_context(handle)
    }

    /// Adds the video as stream 0, and after it the others in their order.
    func addStreams(
        _ encoder: borrowing Encoder, frameRate: Rational?, _ carried: [CopiedStream]
    ) throws(MediaError) {
        _ = try addVideo(encoder, frameRate: frameRate)
        for copy in carried { _ = try add(copy.stream, copy.way) }
    }

    /// Adds the stream of an encoder that is open already. Its index.
    func addVideo(_ encoder: borrowing Encoder, frameRate: Rational?) throws(MediaError) -> Int {
        guard let stream = avformat_new_stream(handle, nil) else { throw outOfMemory() }
        try check(
            "avcodec_parameters_from_context",
            avcodec_parameters_from_context(stream.pointee.codecpar, encoder.handle), at: location, as: .internal)
        stream.pointee.time_base = encoder.handle.pointee.time_base
        stream.pointee.sample_aspect_ratio = encoder.handle.pointee.sample_aspect_ratio
        if let frameRate { stream.pointee.avg_frame_rate = frameRate.av }
        if encoder.handle.pointee.codec_id == AV_CODEC_ID_HEVC, isISO {
            // Apple's players know HEVC by this tag alone: "hvc1".
            stream.pointee.codecpar.pointee.codec_tag = 0x3163_7668
        }
        return Int(stream.pointee.index)
    }

    /// Adds a stream whose packets are passed on. Its index.
    func addCopy(
        _ parameters: UnsafePointer<AVCodecParameters>, timeBase: Rational, metadata: [(key: String, value: String)],
        disposition: Int32
    ) throws(MediaError) -> Int {
        guard let stream = avformat_new_stream(handle, nil) else { throw outOfMemory() }
        try check(
            "avcodec_parameters_copy", avcodec_parameters_copy(stream.pointee.codecpar, parameters), at: location,
            as: .internal)
        stream.pointee.time_base = timeBase.av
        stream.pointee.disposition = disposition
        for (key, value) in metadata { av_dict_set(&stream.pointee.metadata, key, value, 0) }
        return Int(stream.pointee.index)
    }

    /// Adds a stream of the input. Its index.
    func add(_ stream: StreamTemplate, _ way: CopiedStream.Way) throws(MediaError) -> Int {
        guard case .transcoded(let transcoder) = way else {
            var parameters = UnsafePointer(stream.parameters)
            if case .rewrapped(let filter) = way { parameters = filter.parameters ?? parameters }
            return try addCopy(
                parameters, timeBase: stream.timeBase, metadata: stream.metadata,
                disposition: stream.disposition)
        }
        var parameters = avcodec_parameters_alloc()
        defer { avcodec_parameters_free(&parameters) }
        guard let parameters else { throw outOfMemory() }
        try check(
            "avcodec_parameters_from_context",
            avcodec_parameters_from_context(parameters, transcoder.encoder), at: location, as: .internal)
        return try addCopy(
            parameters, timeBase: Rational(transcoder.encoder.pointee.time_base), metadata: stream.metadata,
            disposition: stream.disposition)
    }

    func setMetadata(_ metadata: [(key: String, value: String)]) {
        for (key, value) in metadata { av_dict_set(&handle.pointee.metadata, key, value, 0) }
    }

    func setChapters(_ chapters: [Chapter]) throws(MediaError) {
        guard !chapters.isEmpty else { return }
        let bytes = MemoryLayout<UnsafeMutablePointer<AVChapter>?>.stride * chapters.count
        guard let list = av_mallocz(bytes) else { throw outOfMemory() }
        let table = list.bindMemory(to: UnsafeMutablePointer<AVChapter>?.self, capacity: chapters.count)
        handle.pointee.chapters = table
        for (index, chapter) in chapters.enumerated() {
            guard let memory = av_mallocz(MemoryLayout<AVChapter>.size) else { throw outOfMemory() }
            let made = memory.bindMemory(to: AVChapter.self, capacity: 1)
            made.pointee.id = Int64(index)
            made.pointee.time_base = AVRational(num: 1, den: 1000)
            made.pointee.start = chapter.start.ticks(of: Rational(1, 1000))
            made.pointee.end = chapter.end.ticks(of: Rational(1, 1000))
            av_dict_set(&made.pointee.metadata, "title", chapter.title, 0)
            table[index] = made
            handle.pointee.nb_chapters = UInt32(index + 1)
        }
    }

    mutating func writeHeader(_ options: [(String, String)]) throws(MediaError) {
        var dictionary = AVOptions(options)
        let context = handle
        let code = interruption.within(timeout) { avformat_write_header(context, &dictionary.handle) }
        try checkWrite("avformat_write_header", code)
        flush()
        headerLength = handle.pointee.pb.map { avio_tell($0) } ?? 0
        silent = Set(0..<Int(handle.pointee.nb_streams))
        if let unknown = dictionary.entries.first {
            let format = String(cString: handle.pointee.oformat.pointee.name)
            throw MediaError(.badOption, "the format \(format) takes no option \(unknown.key)", at: location)
        }
    }

    /// Writes a packet as it comes; the caller keeps the order.
    mutating func write(_ packet: Packet, to index: Int) throws(MediaError) {
        guard let stream = handle.pointee.streams[index] else { return }
        packet.rescale(to: Rational(stream.pointee.time_base))
        packet.handle.pointee.stream_index = Int32(index)
        keepOrder(packet, index)
        let context = handle
        let code = interruption.within(timeout) { av_write_frame(context, packet.handle) }
        silent.remove(index)
        try checkWritten("av_write_frame", code)
    }

    /// Writes a coded picture, and lets none stay long in memory, by the video's clock or that on the wall.
    mutating func writePicture(_ packet: Packet, to index: Int) throws(MediaError) {
        let time = packet.order ?? .zero
        try write(packet, to: index)
        hasPictures = true
        let now = MonotonicTime.now.nanoseconds
        if isFragmented, fragments.isDue(at: time, now: now, mayWait: isISO && !silent.isEmpty), !needsPackets {
            try cut()
            fragments.cut(at: time, now: now)
        }
        guard let io, io.isStaged, let output = handle.pointee.pb, avio_tell(output) > headerLength else { return }
        try io.commit()
    }

    /// Ends the fragment: what it holds is in the file.
    private mutating func cut() throws(MediaError) {
        let context = handle
        // The first time, mov's muxer writes its header and no more.
        for _ in 0..<(isISO ? 2 : 1) {
            let code = interruption.within(timeout) { av_write_frame(context, nil) }
            try checkWritten("av_write_frame", min(code, handle.pointee.pb?.pointee.error ?? 0))
        }
        // The next fragment begins at its own time and not where this one is thought to end: in between may be a
        // pause, or the whole time until a stream begins.
        if isISO { av_opt_set(handle.pointee.priv_data, "movflags", "+frag_discont", 0) }
    }

    /// Written in pieces, each of which plays once it is there.
    private var isFragmented: Bool { isISO || ["matroska", "webm"].contains(formatName) }

    /// A track that is described by its first packet, which has not come yet.
    private var needsPackets: Bool {
        isISO
            && silent.contains { index in
                let codec = handle.pointee.streams[index]?.pointee.codecpar.pointee.codec_id
                return [AV_CODEC_ID_AC3, AV_CODEC_ID_EAC3, AV_CODEC_ID_TRUEHD].contains(codec)
            }
    }

    /// Writes a packet when those of the other streams have caught up.
    mutating func writeInterleaved(_ packet: Packet, to index: Int) throws(MediaError) {
        guard let stream = handle.pointee.streams[index] else { return }
        packet.rescale(to: Rational(stream.pointee.time_base))
        packet.handle.pointee.stream_index = Int32(index)
        keepOrder(packet, index)
        let context = handle
        let code = interruption.within(timeout) { av_interleaved_write_frame(context, packet.handle) }
        try checkWritten("av_interleaved_write_frame", code)
    }

    /// Muxers refuse a dts that does not rise; copied streams have such where the input is torn.
    private mutating func keepOrder(_ packet: Packet, _ index: Int) {
        let raw = packet.handle
        if raw.pointee.dts == noTimestamp { raw.pointee.dts = raw.pointee.pts }
        if raw.pointee.dts == noTimestamp { raw.pointee.dts = (lastTimestamp[index] ?? -1) + 1 }
        if let last = lastTimestamp[index] {
            let isSubtitle =
                handle.pointee.streams[index]?.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_SUBTITLE
            let least = isSubtitle ? last : last + 1
            if raw.pointee.dts < least { raw.pointee.dts = least }
        }
        if raw.pointee.pts == noTimestamp || raw.pointee.pts < raw.pointee.dts { raw.pointee.pts = raw.pointee.dts }
        lastTimestamp[index] = raw.pointee.dts
        lastDuration[index] = packet.duration
    }

    /// Writes what was still waiting, and the end.
    /// - Parameter keeping: whether there is anything that a file is to be made for.
    mutating func finish(keeping: Bool = true) throws(MediaError) {
        // Some muxers cannot end what holds nothing.
        if !keeping, io?.isStaged == true { return }
        let context = handle
        let code = interruption.within(timeout) { av_write_trailer(context) }
        flush()
        try checkWrite("av_write_trailer", code)
        try checkWrite("avio_flush", min(handle.pointee.pb?.pointee.error ?? 0, 0))
        if keeping { try io?.commit() }
    }

    /// Without an end: what was taken so far goes out, as far as it can.
    mutating func abandon(keeping: Bool) {
        if isFragmented, keeping, !needsPackets, io?.firstError ?? 0 == 0 { try? cut() }
        flush()
        if keeping, let io, io.firstError == 0, let output = handle.pointee.pb, avio_tell(output) > headerLength {
            try? io.commit()
        }
    }

    private func flush() {
        if let io = handle.pointee.pb { avio_flush(io) }
    }

    /// Where a packet or fragment did not fit, its beginning is taken off again: players stumble over it.
    private mutating func checkWritten(_ call: StaticString, _ code: Int32) throws(MediaError) {
        if code >= 0 {
            if let io = handle.pointee.pb { wholeLength = avio_tell(io) }
        } else {
            io?.truncate(to: wholeLength)
        }
        try checkWrite(call, code)
    }

    private func checkWrite(_ call: StaticString, _ code: Int32) throws(MediaError) {
        guard code < 0 else { return }
        let root = if let io, io.firstError < 0 { io.firstError } else { code }
        throw interruption.explaining(failure(call, root, at: location), timeout: timeout)
    }

    private var formatName: String { String(cString: handle.pointee.oformat.pointee.name) }
    var isISO: Bool { ["mp4", "mov", "ipod", "3gp", "3g2", "psp", "ismv", "f4v"].contains(formatName) }
}

/// When a fragment is to end: in 400 ms by the video's clock, and by the one on the wall too, because what a slow model
/// took half a minute for may be half a second of video.
struct FragmentClock {
    static let video = Rational(2, 5)
    static let wall: Int64 = 400_000_000

    private var began: (time: Rational, now: Int64)?
    private var isFirst = true

    /// - Parameter mayWait: the first may give streams that have not begun as long as any later one takes.
    mutating func isDue(at time: Rational, now: Int64, mayWait: Bool) -> Bool {
        guard let began else {
            began = (time, now)
            return !mayWait
        }
        if isFirst, !mayWait { return true }
        return time - began.time >= Self.video || now - began.now >= Self.wall
    }

    mutating func cut(at time: Rational, now: Int64) { (began, isFirst) = ((time, now), false) }
}
