import Dispatch
import Foundation

/// A reader that goes away, or a file that may not grow any more, is an error of the write that meets it, with a
/// message; it must not end the process without one.
func ignoreBrokenPipes() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
}

/// Calls `body` at the first of the signals; a second one ends the process as usual. A SIGHUP that is ignored already
/// stays ignored: that is what `nohup` is for.
///
/// The sources live as long as the process. A local variable would not keep them: the optimiser releases it after its
/// last use, and a source that was released ignores its signal in silence.
func onFirst(of signals: [Int32], _ body: @escaping @Sendable (Int32) -> Void) {
    let queue = DispatchQueue(label: "signals")
    for number in signals {
        var before = sigaction()
        sigaction(number, nil, &before)
        let isIgnored = unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) == 1
        if number == SIGHUP, isIgnored { continue }
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler {
            signal(number, SIG_DFL)
            body(number)
        }
        source.resume()
        _ = Unmanaged.passRetained(source as AnyObject)
    }
}
