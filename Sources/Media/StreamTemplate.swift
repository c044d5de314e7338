import CFFmpeg

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
