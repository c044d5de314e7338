import Dispatch
import Foundation

/// A reader that goes away, or a file that may not grow any more, is an error of the write that meets it, with a
/// message; it must not end the process without one.
func ignoreBrokenPipes() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
}

/// Calls `body` at the first of the signals; a second one ends the process as usual.
func onceOnSignal(_ signals: [Int32], _ body: @escaping @Sendable (Int32) -> Void) -> [any DispatchSourceSignal] {
    let queue = DispatchQueue(label: "signals")
    return signals.map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler {
            signal(number, SIG_DFL)
            body(number)
        }
        source.resume()
        return source
    }
}
