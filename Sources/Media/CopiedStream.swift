import CFFmpeg

/// A stream of the input on its way to the output.
struct CopiedStream {
    /// Its index in the output.
    let index: Int

    enum Plan {
        case copied
        case leftOut(reason: String)
    }

    static func plan(_ stream: StreamTemplate, into output: OutputPlan) -> Plan {
        let format = output.formatName
        let holds = output.holds(stream.parameters.pointee.codec_id, kind: stream.kind)
        if holds { return .copied }
        return .leftOut(reason: "\(format) cannot hold it; an .mkv can")
    }
}

extension OutputPlan {
    /// MPEG-TS's muxer takes any codec and writes most of them so that nobody can read them.
    private static let transportCodecs: [AVCodecID] = [
        AV_CODEC_ID_AAC, AV_CODEC_ID_AAC_LATM, AV_CODEC_ID_MP2, AV_CODEC_ID_MP3, AV_CODEC_ID_AC3, AV_CODEC_ID_EAC3,
        AV_CODEC_ID_DTS, AV_CODEC_ID_TRUEHD, AV_CODEC_ID_OPUS, AV_CODEC_ID_DVB_SUBTITLE, AV_CODEC_ID_DVB_TELETEXT,
        AV_CODEC_ID_HDMV_PGS_SUBTITLE,
    ]

    /// Whether the container can hold a stream of the codec.
    func holds(_ codec: AVCodecID, kind: StreamTemplate.Kind) -> Bool {
        if formatName == "mpegts" { return Self.transportCodecs.contains(codec) }
        if kind == .attachment { return formatName == "matroska" }
        let usual = kind == .audio ? format.pointee.audio_codec : format.pointee.subtitle_codec
        if formatName != "matroska", formatName != "nut", usual == AV_CODEC_ID_NONE { return false }
        if format.pointee.codec_tag == nil, format.pointee.query_codec == nil { return codec == usual }
        return avformat_query_codec(format, codec, FF_COMPLIANCE_NORMAL) == 1
    }
}
