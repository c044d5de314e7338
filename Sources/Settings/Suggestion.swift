/// A sentence about a key that does not exist: the nearest one that does where there is one near, else all of them.
package func unknownKey(_ key: String, known: [String]) -> String {
    let shown = key.count > 60 ? "\(key.prefix(60))…" : key
    let near = known.map { (name: $0, distance: editDistance(key.prefix(64), $0)) }.min { $0.distance < $1.distance }
    if let near, near.distance <= max(2, near.name.count / 3) {
        return "there is no key \"\(shown)\"; did you mean \"\(near.name)\"?"
    }
    return "there is no key \"\(shown)\"; the keys are \(known.joined(separator: ", "))"
}

/// Insertions, deletions and replacements that lead from one text to the other (Levenshtein).
private func editDistance(_ first: some StringProtocol, _ second: some StringProtocol) -> Int {
    let (first, second) = (Array(first), Array(second))
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
