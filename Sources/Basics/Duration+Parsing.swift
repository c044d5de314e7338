extension Duration {
    /// Reads a time as people write it: `10` or `2.5` in seconds, `500ms`, `250us`, `3s`, `2min`, `1h`, `01:30`, `1:02:03.5`.
    /// Nil for anything else, for a negative time and for more than 1000 days.
    package init?(parsing text: String) {
        let text = text.trimmingWhitespace()
        if text.contains(":") {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 3, let seconds = Duration.decimal(parts[parts.count - 1]), seconds < 60 else {
                return nil
            }
            var whole = 0.0
            for (index, part) in parts.dropLast().enumerated() {
                guard let value = Duration.decimal(part), !part.contains("."), index == 0 || value < 60 else {
                    return nil
                }
                whole = whole * 60 + value
            }
            self.init(checked: whole * 60 + seconds)
            return
        }
        let units: [(String, Double)] = [("ms", 0.001), ("us", 0.000001), ("min", 60), ("s", 1), ("h", 3600)]
        for (unit, scale) in units where text.hasSuffix(unit) {
            guard let value = Duration.decimal(text.dropLast(unit.count)) else { return nil }
            self.init(checked: value * scale)
            return
        }
        guard let value = Duration.decimal(text[...]) else { return nil }
        self.init(checked: value)
    }

    private init?(checked seconds: Double) {
        guard seconds <= 86_400_000 else { return nil }
        self = .nanoseconds(Int64((seconds * 1e9).rounded()))
    }

    /// Digits, at most one point among them.
    private static func decimal(_ text: Substring) -> Double? {
        let text = text.trimmingWhitespace()
        guard text.first?.isASCII == true, text.first?.isNumber == true,
            text.allSatisfy({ $0 == "." || ($0.isASCII && $0.isNumber) })
        else { return nil }
        return Double(text)
    }
}

extension StringProtocol {
    package func trimmingWhitespace() -> String {
        guard let first = unicodeScalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = unicodeScalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(self[first..<unicodeScalars.index(after: last)])
    }
}
