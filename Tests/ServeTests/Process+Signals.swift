import Foundation
import Glibc

extension Process {
    /// Runs with every signal let through. Threads of the pool block most of them, children inherit that, and a script
    /// could then not end the programs it has started.
    func runUnblocked() throws {
        var (none, before) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try run()
    }
}
