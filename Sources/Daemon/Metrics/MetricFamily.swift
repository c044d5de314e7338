/// A metric with all its samples, as Prometheus' text format 0.0.4 writes it.
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable { case counter, gauge, summary }

    package struct Sample: Sendable {
        package let labels: [(name: String, value: String)]
        package let value: Double
        /// `_sum` and `_count` of a summary.
        package let suffix: String

        package init(_ value: Double, _ labels: [(String, String)] = [], suffix: String = "") {
            (self.value, self.suffix) = (value, suffix)
            self.labels = labels.map { (name: $0.0, value: $0.1) }
        }
    }

    /// `restyled_…`, in base units; a counter's ends in `_total`.
    package let name: String
    package let help: String
    package let kind: Kind
    package let samples: [Sample]

    package init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        (self.name, self.kind, self.help, self.samples) = (name, kind, help, samples)
    }

    package var text: String {
        var text = "# HELP \(name) \(MetricFamily.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            text += name + sample.suffix
            if !sample.labels.isEmpty {
                let labels = sample.labels.map { "\($0.name)=\"\(MetricFamily.escaped($0.value, quotes: true))\"" }
                text += "{\(labels.joined(separator: ","))}"
            }
            text += " \(MetricFamily.number(sample.value))\n"
        }
        return text
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
            case "\"" where quotes: escaped.append(contentsOf: "\\\"".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
