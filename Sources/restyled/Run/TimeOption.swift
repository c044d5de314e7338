import ArgumentParser
import Basics
import Media

/// A time on a command line, in every form that FFmpeg and the YAML files take: `5`, `2.5`, `500ms`, `2s`, `1min`,
/// `01:30`, `1:02:03.5`.
struct TimeOption: ExpressibleByArgument, CustomStringConvertible {
    let duration: Duration
    let description: String

    init?(argument: String) {
        guard let duration = Duration(parsing: argument) else { return nil }
        (self.duration, description) = (duration, argument)
    }

    /// Seconds.
    var rational: Rational { Rational(duration) }
}
