import CFFmpeg

/// What the numbers in a picture mean: matrix, range, primaries and transfer, as H.273 counts them and FFmpeg names
/// them.
struct ColorDescription: Sendable, Hashable {
    var matrix = AVCOL_SPC_UNSPECIFIED
    var range = AVCOL_RANGE_UNSPECIFIED
    var primaries = AVCOL_PRI_UNSPECIFIED
    var transfer = AVCOL_TRC_UNSPECIFIED

    /// BT.601's matrix at full range, as players take JPEG files.
    static let jfif: ColorDescription = {
        var color = ColorDescription()
        (color.matrix, color.range) = (AVCOL_SPC_SMPTE170M, AVCOL_RANGE_JPEG)
        return color
    }()

    init() {}

    init(of frame: UnsafePointer<AVFrame>) {
        matrix = frame.pointee.colorspace
        range = frame.pointee.color_range
        primaries = frame.pointee.color_primaries
        transfer = frame.pointee.color_trc
        if isFullRangeByName(AVPixelFormat(rawValue: frame.pointee.format)) { range = AVCOL_RANGE_JPEG }
    }

    init(of parameters: UnsafePointer<AVCodecParameters>) {
        matrix = parameters.pointee.color_space
        range = parameters.pointee.color_range
        primaries = parameters.pointee.color_primaries
        transfer = parameters.pointee.color_trc
        if isFullRangeByName(AVPixelFormat(rawValue: parameters.pointee.format)) { range = AVCOL_RANGE_JPEG }
    }

    /// PQ or HLG: numbers that 8-bit RGB for a model cannot stand for.
    var isHDR: Bool { transfer == AVCOL_TRC_SMPTE2084 || transfer == AVCOL_TRC_ARIB_STD_B67 }

    /// The same with every open question answered: untagged video is BT.709 from 720 lines up and BT.601 below, as
    /// players have it; pictures that are RGB already become BT.709.
    func resolved(width: Int, height: Int, format: AVPixelFormat) -> ColorDescription {
        var answer = self
        let unknown = matrix == AVCOL_SPC_UNSPECIFIED || matrix == AVCOL_SPC_RESERVED
        if isRGB(format) || matrix == AVCOL_SPC_RGB {
            answer.matrix = AVCOL_SPC_BT709
            answer.range = AVCOL_RANGE_MPEG
            if primaries == AVCOL_PRI_UNSPECIFIED { answer.primaries = AVCOL_PRI_BT709 }
            if transfer == AVCOL_TRC_UNSPECIFIED { answer.transfer = AVCOL_TRC_IEC61966_2_1 }
        } else if unknown {
            answer.matrix = width >= 1280 || height >= 720 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M
        }
        // Grey is a picture's and not a video's: it reaches from black to white.
        if answer.range == AVCOL_RANGE_UNSPECIFIED {
            answer.range = isGrey(format) ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
        }
        return answer
    }

    /// swscale's number for the matrix.
    var swscaleMatrix: Int32 {
        switch matrix {
        case AVCOL_SPC_BT709: SWS_CS_ITU709
        case AVCOL_SPC_FCC: SWS_CS_FCC
        case AVCOL_SPC_SMPTE240M: SWS_CS_SMPTE240M
        case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL: SWS_CS_BT2020
        default: SWS_CS_ITU601
        }
    }

    var isFull: Bool { range == AVCOL_RANGE_JPEG }

    /// "bt709, limited" for people.
    var text: String {
        let name = av_color_space_name(matrix).map { String(cString: $0) } ?? "unknown"
        return "\(name), \(isFull ? "full" : "limited")"
    }
}

/// The deprecated `yuvj…` formats carry their range in their name.
private func isFullRangeByName(_ format: AVPixelFormat) -> Bool { unaliased(format) != format }

/// The format without the deprecated full-range alias: swscale takes the range apart from the layout.
func unaliased(_ format: AVPixelFormat) -> AVPixelFormat {
    switch format {
    case AV_PIX_FMT_YUVJ420P: AV_PIX_FMT_YUV420P
    case AV_PIX_FMT_YUVJ411P: AV_PIX_FMT_YUV411P
    case AV_PIX_FMT_YUVJ422P: AV_PIX_FMT_YUV422P
    case AV_PIX_FMT_YUVJ440P: AV_PIX_FMT_YUV440P
    case AV_PIX_FMT_YUVJ444P: AV_PIX_FMT_YUV444P
    default: format
    }
}

func isRGB(_ format: AVPixelFormat) -> Bool {
    guard let description = av_pix_fmt_desc_get(format) else { return false }
    return description.pointee.flags & UInt64(AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) != 0
}

func hasAlpha(_ format: AVPixelFormat) -> Bool {
    guard let description = av_pix_fmt_desc_get(format) else { return false }
    return description.pointee.flags & UInt64(AV_PIX_FMT_FLAG_ALPHA) != 0 || format == AV_PIX_FMT_PAL8
}

func isGrey(_ format: AVPixelFormat) -> Bool {
    guard let description = av_pix_fmt_desc_get(format) else { return false }
    return description.pointee.nb_components <= 2 && !isRGB(format)
}

extension ColorDescription {
    /// A filter chain that brings HDR down to what every screen shows.
    private static let toneMapping =
        "zscale=t=linear:npl=100,tonemap=hable:desat=0,zscale=p=bt709:t=bt709:m=bt709:r=limited,format=yuv420p"

    /// PQ and HLG spread light over more than 8-bit RGB can tell apart; a model made for ordinary pictures would see
    /// a grey fog.
    func refuseHDR(at location: String) throws(MediaError) {
        let name = transfer == AVCOL_TRC_SMPTE2084 ? "PQ" : "HLG"
        throw MediaError(
            .unsupported,
            "is HDR (\(name)), which models made for ordinary pictures cannot read; tone-map it first: "
                + "ffmpeg -i INPUT -vf \(Self.toneMapping) -c:a copy OUTPUT.mp4",
            at: location)
    }
}

extension SourceInfo {
    func refuseUnreadableColor(at location: String) throws(MediaError) {
        if color.isHDR { try color.refuseHDR(at: location) }
        let strange = [AVCOL_SPC_ICTCP, AVCOL_SPC_BT2020_CL, AVCOL_SPC_CHROMA_DERIVED_CL]
        guard strange.contains(color.matrix) else { return }
        let name = av_color_space_name(color.matrix).map { String(cString: $0) } ?? "unknown"
        throw MediaError(
            .unsupported,
            "has the colour matrix \(name), which is not read here; convert it first: "
                + "ffmpeg -i INPUT -vf zscale=m=bt709 -c:a copy OUTPUT.mp4",
            at: location)
    }
}
