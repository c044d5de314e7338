/// An option that ArgumentParser takes and this program cannot: said in a sentence, exit code 64.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
