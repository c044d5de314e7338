import Basics

/// What proves that a browser was sent by the daemon's owner: 128 bits from the system's generator, as 32 hexadecimal
/// digits.
package struct WebToken: Sendable, Hashable {
    package let text: String

    /// A new one.
    package init() {
        var generator = SystemRandomNumberGenerator()
        text = (0..<2).map { _ in
            let digits = String(generator.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// The one that is kept in a file, so that a browser's cookie is good after a restart; made where there is none.
    /// - Throws: `Files.Failure` where a new one can't be written.
    package init(keptIn path: String) throws {
        let kept = (try? Files.read(path, limit: 1024)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let text = kept.filter { !$0.isWhitespace }
        if text.utf8.count == 32, text.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
            self.init(text: text)
        } else {
            self.init()
            try Files.replace(path, with: Array((self.text + "\n").utf8))
        }
    }

    private init(text: String) { self.text = text }

    /// Takes the same time for every text of the right length, so that it can't be guessed digit by digit.
    func equals(_ other: some StringProtocol) -> Bool {
        let (own, other) = (Array(text.utf8), Array(other.utf8))
        guard own.count == other.count else { return false }
        return zip(own, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
