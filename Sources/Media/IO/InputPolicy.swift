/// What untrusted input may be and cost. Set on every context that reads.
package struct InputPolicy: Sendable {
    /// Demuxers by FFmpeg's names. No playlists: `concat`, `hls`, `dash` and `sdp` open further files and addresses.
    package var formats = InputPolicy.commonFormats
    /// Decoders by FFmpeg's names.
    package var codecs = InputPolicy.commonCodecs
    /// What an address may start with. Local files and pipes are opened here and not by FFmpeg.
    package var protocols = ["tcp", "udp", "srt", "rtmp"]
    /// A picture of more pixels than this is refused before memory is taken for it.
    package var maxPixels: Int64 = 16384 * 16384 / 4
    package var maxStreams = 100
    /// Bytes read at most to find out what the input holds.
    package var probeSize: Int64 = 10_000_000
    /// How much media is read at most to the same end.
    package var analyzeDuration = Duration.seconds(5)
    /// How long the other end of a pipe or connection may be silent; nil waits for ever.
    package var timeout: Duration? = .seconds(30)
    /// How long one packet, the probing, or packets without a picture may take while bytes come through a pipe or
    /// connection, however long it may be silent; nil is for ever.
    package var packetTimeout: Duration?

    package init() {}

    package static let commonFormats = [
        "mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "mpegts", "mpeg", "mpegvideo", "flv",
        "live_flv", "asf", "asf_o", "ogg", "nut", "mxf", "gxf", "dv", "rm", "swf", "wtv", "ivf", "h264", "hevc", "obu",
        "av1", "m4v", "h261", "h263", "dirac", "vc1", "cavsvideo", "avs2", "dnxhd", "mjpeg", "mpjpeg", "yuv4mpegpipe",
        "rawvideo", "gif", "apng", "image2", "image2pipe", "png_pipe", "jpeg_pipe", "webp_pipe", "bmp_pipe",
        "tiff_pipe", "ppm_pipe", "pgm_pipe", "pam_pipe", "pbm_pipe", "qoi_pipe", "jpegxl_pipe", "j2k_pipe", "sgi_pipe",
        "sunrast_pipe", "dpx_pipe", "exr_pipe", "gif_pipe", "pcx_pipe", "smjpeg", "roq", "flic", "bink", "smk",
        "film_cpk", "nsv",
        "ea", "thp", "vmd", "ipmovie", "psxstr", "filmstrip", "alias_pix", "fits",
        // Sound alone: read so far as to say that there is no picture in it.
        "mp3", "wav", "w64", "flac", "aac", "ac3", "eac3", "dts", "aiff", "au", "caf", "amr", "tta", "wv", "ape",
        "ass", "srt", "webvtt",
    ]

    package static let commonCodecs = [
        "h264", "hevc", "libdav1d", "av1", "libaom-av1", "vp8", "vp9", "libvpx", "libvpx-vp9", "vp6", "vp6a", "vp6f",
        "vp7", "mpeg1video", "mpeg2video", "mpegvideo", "mpeg4", "msmpeg4", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3",
        "h261", "h263", "h263i", "h263p", "flv", "wmv1", "wmv2", "wmv3", "vc1", "rv10", "rv20", "rv30", "rv40",
        "svq1", "svq3", "theora", "dirac", "cavs", "dvvideo", "dnxhd", "prores", "cfhd", "ffv1", "huffyuv", "ffvhuff",
        "utvideo", "magicyuv", "lagarith", "mjpeg", "mjpegb", "jpeg2000", "libopenjpeg", "jpegls", "ljpeg", "png",
        "apng", "gif", "webp", "bmp", "tiff", "targa", "qoi", "libjxl", "ppm", "pgm", "pgmyuv", "pbm", "pam", "pcx",
        "sgi", "sunrast", "dpx", "exr", "rawvideo", "v210", "v308", "v408", "v410", "r210", "r10k", "yuv4", "ayuv",
        "snow", "asv1", "asv2", "cinepak", "indeo3", "indeo4", "indeo5", "msvideo1", "msrle", "qtrle", "rpza", "smc",
        "8bps", "zlib", "zmbv", "flashsv", "flashsv2", "camstudio", "fraps", "tscc", "tscc2", "mss1", "mss2", "g2m",
        "bink", "binkvideo", "smackvid", "roqvideo", "roq", "flic", "cljr", "hap", "speedhq", "vble", "aura", "aura2",
        "idcinvideo", "interplayvideo", "eacmv", "eamad", "eatgq", "eatgv", "eatqi", "thp", "vmdvideo", "mdec",
        "fits", "alias_pix", "wnv1", "ulti", "xl", "vcr1", "y41p", "avrp", "avui", "xan_wc3", "kmvc", "vqavideo",
        // Sound
        "aac", "aac_fixed", "aac_latm", "ac3", "ac3_fixed", "eac3", "dca", "truehd", "mlp", "mp1", "mp1float", "mp2",
        "mp2float", "mp3", "mp3float", "mp3adu", "mp3on4", "vorbis", "libvorbis", "opus", "libopus", "flac", "alac",
        "ape", "tta", "wavpack", "tak", "speex", "libspeex", "amrnb", "amrwb", "gsm", "gsm_ms", "wmav1", "wmav2",
        "wmapro", "wmalossless", "wmavoice", "cook", "sipr", "ra_144", "ra_288", "ralf", "atrac3", "atrac3p", "qdm2",
        "qdmc", "mace3", "mace6", "nellymoser", "adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "adpcm_swf",
        "adpcm_g722", "g722", "adpcm_g726", "g726", "adpcm_yamaha", "adpcm_psx", "adpcm_thp", "adpcm_ea", "adpcm_adx",
        "g723_1", "g729",
        "pcm_s8", "pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_u16le", "pcm_u16be", "pcm_s24le", "pcm_s24be", "pcm_s32le",
        "pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_alaw", "pcm_mulaw", "pcm_bluray",
        "pcm_dvd", "pcm_s16le_planar", "pcm_s16be_planar", "pcm_s24daud", "pcm_lxf", "pcm_vidc", "s302m", "roq_dpcm",
        "binkaudio_dct", "binkaudio_rdft", "smackaud", "dvaudio", "comfortnoise",
        // Subtitles
        "ass", "ssa", "srt", "subrip", "mov_text", "webvtt", "text", "dvdsub", "dvbsub", "pgssub", "xsub", "cc_dec",
    ]
}
