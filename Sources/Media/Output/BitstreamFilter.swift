import CFFmpeg

/// The owner of a bitstream filter: the same packets in another wrapping.
///
/// `@unchecked Sendable`: it has one owner and moves with it.
final class BitstreamFilter: @unchecked Sendable {
    private var handle: UnsafeMutablePointer<AVBSFContext>?
    /// Whether the stream's header was worked out before its first packet.
    private var knowsHeader = false
    /// What the first packet, or the header that was worked out, says of all of them.
    private var expected: ADTSHeader?
    /// A packet came that the stream's one header does not describe.
    private(set) var hasChanged = false

    /// AAC in transport streams carries its header in every packet; mp4 and Matroska want it once, beside them.
    static func aacHeadersOutOfBand(_ stream: StreamTemplate) throws(MediaError) -> BitstreamFilter {
        let filter = try BitstreamFilter("aac_adtstoasc", stream)
        // The filter knows it with the first packet; into a pipe it is written before that.
        let parameters = stream.parameters.pointee
        if parameters.profile == FF_PROFILE_AAC_LOW,
            let header = AudioSpecificConfig.lowComplexity(
                sampleRate: Int(parameters.sample_rate), channels: Int(parameters.ch_layout.nb_channels))
        {
            try filter.setHeader(header)
            filter.expected = ADTSHeader(config: header)
        }
        return filter
    }

    /// What the stream is after the filter.
    var parameters: UnsafePointer<AVCodecParameters>? { handle.map { UnsafePointer($0.pointee.par_out) } }

    private func setHeader(_ bytes: [UInt8]) throws(MediaError) {
        guard let handle, let memory = av_mallocz(bytes.count + Int(AV_INPUT_BUFFER_PADDING_SIZE)) else {
            throw outOfMemory()
        }
        memory.copyMemory(from: bytes, byteCount: bytes.count)
        handle.pointee.par_out.pointee.extradata = memory.assumingMemoryBound(to: UInt8.self)
        handle.pointee.par_out.pointee.extradata_size = Int32(bytes.count)
        knowsHeader = true
    }

    private init(_ name: String, _ stream: StreamTemplate) throws(MediaError) {
        guard let filter = av_bsf_get_by_name(name) else {
            throw MediaError(.internal, "this FFmpeg has no bitstream filter \(name); install Debian's")
        }
        try check("av_bsf_alloc", av_bsf_alloc(filter, &handle), as: .internal)
        guard let handle else { throw outOfMemory() }
        try check("avcodec_parameters_copy", avcodec_parameters_copy(handle.pointee.par_in, stream.parameters))
        handle.pointee.time_base_in = stream.timeBase.av
        try check("av_bsf_init", av_bsf_init(handle), as: .internal)
    }

    deinit { av_bsf_free(&handle) }

    /// Whether the packet is whole, and of the sound that the header describes.
    private func isExpected(_ packet: Packet) -> Bool {
        guard let data = packet.handle.pointee.data else { return false }
        guard let header = ADTSHeader(UnsafeBufferPointer(start: data, count: packet.size)) else {
            // Without a header of its own it is what the filter passes on as it is.
            return packet.size > 0
        }
        guard header.frameLength == packet.size else { return false }
        if expected == nil { expected = header }
        hasChanged = hasChanged || expected?.describesTheSame(as: header) == false
        return expected?.describesTheSame(as: header) == true
    }

    /// One packet in, one out; `nil` if it held nothing, or nothing whole.
    func callAsFunction(_ packet: Packet) throws(MediaError) -> Packet? {
        guard isExpected(packet) else { return nil }
        let result: Packet
        do { result = try Packet() } catch { throw outOfMemory() }
        let timeBase = packet.timeBase
        try check("av_bsf_send_packet", av_bsf_send_packet(handle, packet.handle), as: .internal)
        let code = av_bsf_receive_packet(handle, result.handle)
        // A torn packet is lost; those after it are not.
        if code == AVError.tryAgain || code == AVError.invalidData { return nil }
        try check("av_bsf_receive_packet", code, as: .internal)
        // Announced already; a muxer that gets it again rewrites what it has no room for.
        if knowsHeader { av_packet_free_side_data(result.handle) }
        result.timeBase = timeBase
        return result
    }
}

/// The header in front of every AAC packet of a transport stream (ISO/IEC 13818-7, 6.2).
struct ADTSHeader {
    /// MPEG-4's object type less one, the rate's and the channels' index.
    let profile, sampleRate, channels: UInt8
    /// Bytes of the packet, header and all.
    let frameLength: Int

    /// Nil where no header stands at the beginning.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count >= 7, bytes[0] == 0xFF, bytes[1] & 0xF6 == 0xF0 else { return nil }
        profile = bytes[2] >> 6
        sampleRate = bytes[2] >> 2 & 15
        channels = (bytes[2] & 1) << 2 | bytes[3] >> 6
        frameLength = Int(bytes[3] & 3) << 11 | Int(bytes[4]) << 3 | Int(bytes[5]) >> 5
    }

    /// What stands in front of packets of an AudioSpecificConfig's two bytes.
    init(config: [UInt8]) {
        let bits = UInt16(config[0]) << 8 | UInt16(config[1])
        profile = UInt8(bits >> 11) - 1
        sampleRate = UInt8(bits >> 7 & 15)
        channels = UInt8(bits >> 3 & 15)
        frameLength = 0
    }

    func describesTheSame(as other: ADTSHeader) -> Bool {
        profile == other.profile && sampleRate == other.sampleRate && channels == other.channels
    }
}

/// The header of an AAC stream that stands beside its packets: MPEG-4's AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
enum AudioSpecificConfig {
    /// By their index in the standard.
    private static let sampleRates = [
        96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
    ]

    /// Of the low-complexity profile; `nil` where its two bytes do not tell the rate or the channels.
    static func lowComplexity(sampleRate: Int, channels: Int) -> [UInt8]? {
        guard let rate = sampleRates.firstIndex(of: sampleRate), (1...6).contains(channels) || channels == 8 else {
            return nil
        }
        let objectType = 2
        let bits = objectType << 11 | rate << 7 | (channels == 8 ? 7 : channels) << 3
        return [UInt8(bits >> 8), UInt8(bits & 0xFF)]
    }
}
