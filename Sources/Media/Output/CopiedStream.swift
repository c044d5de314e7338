import CFFmpeg

/// A stream of the input on its way to the output.
struct CopiedStream {
    enum Way {
        /// Packets as they are.
        case copied
        /// The same data in another wrapping.
        case rewrapped(BitstreamFilter)
        /// Decoded and encoded again, because the container does not hold the codec.
        case transcoded(AudioTranscoder)
    }

    /// Its index in the output.
    let index: Int
    let way: Way
    let stream: StreamTemplate
    /// Nothing of it was written yet.
    var isUntouched = true
    /// Something came that the output's description of it does not fit.
    var hasChanged = false

    /// What goes out for a packet that comes in.
    func carry(_ packet: Packet) throws(MediaError) -> [Packet] {
        switch way {
        case .copied: [packet]
        case .rewrapped(let filter): try filter(packet).map { [$0] } ?? []
        case .transcoded(let transcoder): try transcoder.transcode(packet)
        }
    }

    /// What still waits at the end.
    func finish() throws(MediaError) -> [Packet] {
        if case .transcoded(let transcoder) = way { return try transcoder.transcode(nil) }
        return []
    }

    enum Plan {
        case carried(Way, note: String?)
        case leftOut(reason: String)
    }

    /// What of the streams the container holds, beside the video and all together, with their places in it.
    static func fitting(
        _ streams: [StreamTemplate], into output: OutputPlan, beside encoder: borrowing Encoder
    ) -> (carried: [CopiedStream], notes: [String]) {
        var (candidates, notes): ([(way: Way, stream: StreamTemplate)], [String]) = ([], [])
        for stream in streams {
            switch plan(stream, into: output) {
            case .carried(let way, let note):
                candidates.append((way, stream))
                if let note { notes.append(note) }
            case .leftOut(let reason): notes.append("\(stream.description) is left out: \(reason)")
            }
        }
        func placed(_ chosen: [(way: Way, stream: StreamTemplate)]) -> [CopiedStream] {
            chosen.sorted { $0.stream.index < $1.stream.index }.enumerated().map {
                CopiedStream(index: $0 + 1, way: $1.way, stream: $1.stream)
            }
        }
        if candidates.isEmpty || output.takes(placed(candidates), beside: encoder) {
            return (placed(candidates), notes)
        }
        // Not all of them together: as many as go, those first that a player would choose.
        var chosen: [(way: Way, stream: StreamTemplate)] = []
        for candidate in candidates.sorted(by: { $0.stream.rank < $1.stream.rank }) {
            if output.takes(placed(chosen + [candidate]), beside: encoder) {
                chosen.append(candidate)
            } else {
                notes.append(
                    "\(candidate.stream.description) is left out: \(output.formatName) does not hold it as well; "
                        + "an .mkv does")
            }
        }
        return (placed(chosen), notes)
    }

    static func plan(_ stream: StreamTemplate, into output: OutputPlan) -> Plan {
        let format = output.formatName
        let parameters = stream.parameters.pointee
        if output.holds(parameters.codec_id, kind: stream.kind) {
            let bare = parameters.codec_id == AV_CODEC_ID_AAC && parameters.extradata_size == 0
            if bare, output.isISO || format == "matroska", let filter = try? BitstreamFilter.aacHeadersOutOfBand(stream)
            {
                return .carried(.rewrapped(filter), note: nil)
            }
            return .carried(.copied, note: nil)
        }
        guard stream.kind == .audio, let codec = output.usualSound else {
            return .leftOut(reason: "\(format) cannot hold it; an .mkv can")
        }
        do {
            let transcoder = try AudioTranscoder(stream, to: codec, globalHeader: output.encoder.globalHeader)
            let name = String(cString: codec.pointee.name)
            return .carried(
                .transcoded(transcoder),
                note: "\(stream.description) is re-encoded as \(name), because \(format) cannot hold it; an .mkv can")
        } catch {
            return .leftOut(reason: "\(format) cannot hold it, and it could not be re-encoded: \(error)")
        }
    }
}

extension OutputPlan {
    /// MPEG-TS's muxer takes any codec and writes most of them so that nobody can read them.
    private static let transportCodecs: [AVCodecID] = [
        AV_CODEC_ID_AAC, AV_CODEC_ID_AAC_LATM, AV_CODEC_ID_MP2, AV_CODEC_ID_MP3, AV_CODEC_ID_AC3, AV_CODEC_ID_EAC3,
        AV_CODEC_ID_DTS, AV_CODEC_ID_TRUEHD, AV_CODEC_ID_OPUS, AV_CODEC_ID_DVB_SUBTITLE, AV_CODEC_ID_DVB_TELETEXT,
        AV_CODEC_ID_HDMV_PGS_SUBTITLE,
    ]

    /// In mov's table of tags, yet refused by its muxer.
    private static let mp4Only: [AVCodecID] = [AV_CODEC_ID_OPUS, AV_CODEC_ID_FLAC, AV_CODEC_ID_TRUEHD]

    /// Whether the container can hold a stream of the codec.
    func holds(_ codec: AVCodecID, kind: StreamTemplate.Kind) -> Bool {
        if formatName == "mpegts" { return Self.transportCodecs.contains(codec) }
        if kind == .attachment { return formatName == "matroska" }
        if formatName == "mov", Self.mp4Only.contains(codec) { return false }
        if formatName == "matroska", kind == .audio, riffHolds(codec) { return true }
        let usual = kind == .audio ? format.pointee.audio_codec : format.pointee.subtitle_codec
        if format.pointee.codec_tag == nil, format.pointee.query_codec == nil { return codec == usual }
        return avformat_query_codec(format, codec, FF_COMPLIANCE_EXPERIMENTAL) == 1
    }

    /// Matroska holds whatever has a tag of Windows'.
    private func riffHolds(_ codec: AVCodecID) -> Bool {
        var tables: [OpaquePointer?] = [avformat_get_riff_audio_tags(), nil]
        return av_codec_get_tag(&tables, codec) != 0
    }

    /// Whether the container's muxer accepts the streams, all together; asked with a header that is thrown away.
    func takes(_ carried: [CopiedStream], beside encoder: borrowing Encoder) -> Bool {
        do {
            var trial = try Muxer.open(
                .path("trial"), format: format, .trial, protocols: [], timeout: nil, interruption: Interruption())
            try trial.addStreams(encoder, frameRate: self.encoder.frameRate, carried)
            try trial.writeHeader(headerOptions)
            return true
        } catch { return false }
    }

    /// The encoder for sound that must be re-encoded; `nil` where the container holds no sound.
    var usualSound: UnsafePointer<AVCodec>? {
        guard format.pointee.audio_codec != AV_CODEC_ID_NONE else { return nil }
        for (name, id) in [("aac", AV_CODEC_ID_AAC), ("libopus", AV_CODEC_ID_OPUS)] where holds(id, kind: .audio) {
            if let codec = avcodec_find_encoder_by_name(name) { return UnsafePointer(codec) }
        }
        return avcodec_find_encoder(format.pointee.audio_codec).map { UnsafePointer($0) }
    }
}

/// What an output must know of an input's stream to carry its packets on unchanged.
///
/// `@unchecked Sendable`: nothing in it changes after it is made.
package final class StreamTemplate: @unchecked Sendable {
    package enum Kind: Sendable, Hashable { case audio, subtitle, attachment }

    package let kind: Kind
    /// Its index in the input; `Packet.streamIndex` of its packets.
    package let index: Int
    /// FFmpeg's name of the codec.
    package let codec: String
    /// The container's words about it: language, title.
    package let metadata: [(key: String, value: String)]
    let parameters: UnsafeMutablePointer<AVCodecParameters>
    let timeBase: Rational
    let disposition: Int32

    init?(_ stream: UnsafeMutablePointer<AVStream>) throws(MediaError) {
        guard let source = stream.pointee.codecpar else { return nil }
        switch source.pointee.codec_type {
        case AVMEDIA_TYPE_AUDIO: kind = .audio
        case AVMEDIA_TYPE_SUBTITLE: kind = .subtitle
        case AVMEDIA_TYPE_ATTACHMENT: kind = .attachment
        default: return nil
        }
        guard let parameters = avcodec_parameters_alloc() else { throw outOfMemory() }
        self.parameters = parameters
        index = Int(stream.pointee.index)
        codec = String(cString: avcodec_get_name(source.pointee.codec_id))
        metadata = metadataEntries(stream.pointee.metadata).filter { !isBookkeeping($0.key) }
        timeBase = Rational(stream.pointee.time_base)
        disposition = stream.pointee.disposition
        try check("avcodec_parameters_copy", avcodec_parameters_copy(parameters, source), as: .internal)
        // The tag belongs to the container it came from.
        if kind != .attachment { parameters.pointee.codec_tag = 0 }
    }

    deinit {
        var parameters: UnsafeMutablePointer<AVCodecParameters>? = parameters
        avcodec_parameters_free(&parameters)
    }

    /// Which of several a player takes first: sound, what the container says is the usual one, the earlier.
    var rank: (Int, Int, Int) {
        let kinds: [Kind] = [.audio, .subtitle, .attachment]
        return (kinds.firstIndex(of: kind) ?? 0, disposition & AV_DISPOSITION_DEFAULT != 0 ? 0 : 1, index)
    }

    /// Whether a player that expects this stream can play packets of the other.
    func isDescribed(as other: StreamTemplate) -> Bool {
        if self === other { return true }
        let (mine, theirs) = (parameters.pointee, other.parameters.pointee)
        return mine.codec_id == theirs.codec_id && mine.sample_rate == theirs.sample_rate
            && mine.ch_layout.nb_channels == theirs.ch_layout.nb_channels && extradata == other.extradata
    }

    /// How long a packet of sound lasts by its codec; 0 where that does not tell.
    func duration(of packet: Packet) -> Rational {
        guard parameters.pointee.sample_rate > 0 else { return .zero }
        let samples = av_get_audio_frame_duration2(parameters, Int32(packet.size))
        return Rational(Int64(max(samples, 0)), Int64(parameters.pointee.sample_rate))
    }

    /// What the codec needs to know beside its packets.
    private var extradata: [UInt8] {
        guard let bytes = parameters.pointee.extradata else { return [] }
        return Array(UnsafeBufferPointer(start: bytes, count: Int(parameters.pointee.extradata_size)))
    }

    /// "audio stream 1 (aac, deu)".
    package var description: String {
        let language = metadata.first { $0.key == "language" && $0.value != "und" }.map { ", \($0.value)" } ?? ""
        return "\(kind) stream \(index) (\(codec)\(language))"
    }
}

/// What a muxer wrote about its own work, untrue of the next file.
func isBookkeeping(_ key: String) -> Bool {
    let key = key.lowercased()
    return [
        "major_brand", "minor_version", "compatible_brands", "encoder", "duration", "vendor_id", "rotate", "bps",
        "number_of_frames", "number_of_bytes",
    ].contains { key == $0 || key.hasPrefix($0 + "-") } || key.hasPrefix("_statistics")
}
