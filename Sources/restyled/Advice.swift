import Basics
import Foundation

/// What somebody probably meant whose command line could not be taken.
enum Advice {
    /// FFmpeg's options that belong to the encoder, by the names that encoders have for them.
    private static let encoderOptions = [
        "-crf": "crf", "-preset": "preset", "-tune": "tune", "-profile:v": "profile", "-level": "level", "-g": "g",
        "-bf": "bf", "-qp": "qp", "-cq": "cq", "-b:v": "b", "-maxrate": "maxrate", "-bufsize": "bufsize",
        "-qmin": "qmin",
        "-qmax": "qmax", "-x264-params": "x264-params",
    ]
    /// Further ones, and what takes their place.
    private static let others = [
        "-s": "-s is --output-size here, as in --output-size 1280x720",
        "-vcodec": "-vcodec is -c:v here, as in -c:v libx264",
        "-framerate": "-framerate is an option of the input: --input-option framerate=30",
        "-video_size": "-video_size is an option of the input: --input-option video_size=1280x720",
        "-c:a": "sound is copied as it is; -c:a is not an option here",
        "-acodec": "sound is copied as it is; -acodec is not an option here",
        "-an": "sound is copied as it is; -an is not an option here",
        "-vf": "there are no filters here; --size and --output-size scale, and mpv or ffmpeg can filter what comes out",
        "-filter_complex": "there are no filters here; ffmpeg can filter what comes out",
        "-hide_banner": "-hide_banner is not needed; --progress none turns the progress off",
        "-loglevel": "-loglevel is not an option here; --progress none turns the progress off",
        "-v": "-v is not an option here; --progress none turns the progress off",
        "-n": "-n is not needed: without -y nothing is overwritten",
    ]

    /// - Parameter arguments: without the program's name.
    static func on(_ arguments: [String], commands: [String]) -> String? {
        guard let first = arguments.first, !first.hasPrefix("-") else { return nil }
        guard commands.contains(first) else {
            if FileManager.default.fileExists(atPath: first) { return run(with: arguments) }
            let meant = nearest(to: first, among: commands).map { "did you mean \"\($0)\"?" }
            return "there is no command \"\(first)\"; "
                + (meant ?? "the commands are \(commands.joined(separator: ", "))")
        }
        guard ["run", "serve"].contains(first) else { return nil }
        for (index, argument) in arguments.enumerated() {
            if let name = encoderOptions[argument] {
                let value = index + 1 < arguments.count ? arguments[index + 1] : "…"
                return "\(argument) is an option of the encoder: --encoder-option \(name)=\(value)"
            }
            if let sentence = others[argument] { return sentence }
        }
        return first == "run" && !arguments.contains("-i") ? run(with: Array(arguments.dropFirst())) : nil
    }

    /// `in.mp4 out.mp4`, as other programs take them.
    private static func run(with arguments: [String]) -> String? {
        let files = arguments.prefix { !$0.hasPrefix("-") }
        guard let input = files.first, files.count <= 2 else { return nil }
        let output = files.count == 2 ? files[1] : "styled.mp4"
        let rest = arguments.dropFirst(files.count).map { $0.contains(" ") ? "\"\($0)\"" : $0 }
        return "input and output have options of their own; did you mean: "
            + (["restyled run -i", input, "-o", output] + rest).joined(separator: " ")
    }
}
