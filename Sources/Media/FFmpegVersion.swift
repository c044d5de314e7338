import CFFmpeg

/// What FFmpeg this program runs with.
package enum FFmpegVersion {
    /// "libavformat 59.27.100", for each of the libraries in use.
    package static var linked: [String] {
        [
            ("libavformat", avformat_version()), ("libavcodec", avcodec_version()), ("libavutil", avutil_version()),
            ("libswscale", swscale_version()),
        ].map { name, version in "\(name) \(version >> 16).\(version >> 8 & 255).\(version & 255)" }
    }

    package static func hasEncoder(_ name: String) -> Bool { avcodec_find_encoder_by_name(name) != nil }
}
