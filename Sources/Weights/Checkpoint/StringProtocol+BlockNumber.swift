extension StringProtocol {
    /// The number of a block in a tensor's name. Bounded, so that a made-up name cannot overflow what is computed from it.
    var blockNumber: Int? { Int(self).flatMap { (0..<1000).contains($0) ? $0 : nil } }
}
