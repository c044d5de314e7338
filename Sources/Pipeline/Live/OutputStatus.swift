/// How one output of a live stream is doing.
public struct OutputStatus: Sendable {
    public let name: String
    /// It is open and takes pictures.
    public let isUp: Bool
    /// Why it is not.
    public let reason: String?
    public let account: OutputAccount
    /// Pictures that wait at this moment, counted where they lie.
    public let held: Int64
    /// How often it was opened.
    public let connections: Int64
}
