/// The name that a mistyped one was probably meant to be: the fewest insertions, deletions and replacements away, and at
/// most a third of its length.
package func nearest(to text: some StringProtocol, among names: some Sequence<String>) -> String? {
    let text = Array(text.prefix(64).utf8)
    var best: (name: String, distance: Int)?
    for name in names {
        let distance = editDistance(text, Array(name.utf8))
        if distance < best?.distance ?? Int.max { best = (name, distance) }
    }
    guard let best, best.distance <= max(1, max(text.count, best.name.utf8.count) / 3) else { return nil }
    return best.name
}

/// A sentence about a key that does not exist: the nearest one that does where there is one near, else all of them.
package func unknownKey(_ key: String, known: [String]) -> String {
    let shown = key.count > 60 ? "\(key.prefix(60))…" : key
    if let near = nearest(to: key, among: known) { return "there is no key \"\(shown)\"; did you mean \"\(near)\"?" }
    return "there is no key \"\(shown)\"; the keys are \(known.joined(separator: ", "))"
}

/// Insertions, deletions and replacements that lead from one text to the other (Levenshtein).
private func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
    var row = Array(0...second.count)
    for (i, a) in first.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, b) in second.enumerated() {
            let replaced = diagonal + (a == b ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
        }
    }
    return row[second.count]
}
