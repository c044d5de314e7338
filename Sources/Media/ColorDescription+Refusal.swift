import CFFmpeg

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
