/// How one output of a live stream is doing.
package struct OutputStatus: Sendable {
    package let name: String
    /// It is open and takes pictures.
    package let isUp: Bool
    /// Why it is not.
    package let reason: String?
    package let account: OutputAccount
    /// Pictures that wait at this moment, counted where they lie.
    package let held: Int64
    /// How often it was opened.
    package let connections: Int64
}
