package import Basics

/// The engine contract. An engine is found at run time, lowers a `Graph` and runs it; nothing above it knows
/// which one it is.
///
/// Memory is bound once: an `Invocation` reads and writes the same buffers every time it runs, so that a change of
/// settings changes what a buffer holds and never where it is. Chained programs share a buffer: one's output is the
/// next one's input, and nothing is copied.
package protocol Engine: Sendable {
    /// "openvino", "cuda", "reference".
    var name: String { get }
    /// One line for people: version, device, where it was found.
    var description: String { get }
    /// Bytes of weights, as float32, above which a model is better compiled in pieces, because compiling takes a multiple
    /// of a piece's weights for a while; nil: never.
    var largestPiece: Int? { get }
    /// Zeroed memory the engine's programs can be bound to.
    func makeBuffer(_ type: TensorType) throws -> any Buffer
    /// Lowers and compiles. Weights are read through their `ConstantData` now and need not stay readable.
    func compile(_ graph: Graph, label: String) throws -> any Executable
}

extension Engine {
    package var largestPiece: Int? { nil }
}

/// Memory on the engine's device. One thread at a time may touch it or run an invocation bound to it.
package protocol Buffer: AnyObject, Sendable {
    var type: TensorType { get }
    /// `bytes` has exactly the type's byte count.
    func write(_ bytes: UnsafeRawBufferPointer) throws
    func read(into bytes: UnsafeMutableRawBufferPointer) throws
}

/// A compiled graph. Sharable between streams; each makes its own invocation.
package protocol Executable: AnyObject, Sendable {
    var graphInputs: [String: TensorType] { get }
    var graphOutputs: [String: TensorType] { get }
    /// Binds every input and output by name, once.
    func bind(_ buffers: [String: any Buffer]) throws -> any Invocation
}

/// An executable with its memory.
package protocol Invocation: AnyObject, Sendable {
    /// Runs to completion: the outputs are there when it returns.
    func run() throws
}

/// What goes wrong in an engine, in a sentence that says what to do about it.
package struct EngineError: ErrorWithExitStatus, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The engine's libraries are not on this machine, or too old.
        case notFound
        /// The engine refused the graph.
        case compileFailed
        case runFailed
        case outOfMemory
        /// The device is lost to this process; only a new process can go on.
        case deviceLost
    }
    package let code: Code
    /// What happened and what to do about it.
    package let message: String

    package init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }
    package var description: String { message }

    package var exitStatus: ExitStatus {
        switch code {
        case .notFound: .unavailable
        case .compileFailed, .runFailed: .internal
        case .outOfMemory, .deviceLost: .temporary
        }
    }
}
