import Glibc

/// State that several threads share, with waiting on the monotonic clock: a step of the wall clock wakes nobody early
/// and keeps nobody waiting.
///
/// Blocks, so it belongs between threads of one's own, never on Swift's cooperative pool.
///
/// `@unchecked Sendable`: the state is touched under the mutex alone, which the compiler cannot see.
final class Monitor<State>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    init(_ state: State) {
        self.state = state
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Changes the state and wakes all that wait for a change.
    @discardableResult
    func withLockNotifying<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        return try body(&state)
    }

    /// Looks at the state, or changes what nobody waits for.
    func withLock<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// What an attempt came to.
    enum Attempt<Result> {
        case done(Result)
        /// To be tried again after the next change, and at this time (monotonic ns) at the latest.
        case retry(at: Int64?)
    }

    /// Tries again and again until it is done. What it changes on the way to `done` wakes the others.
    func wait<Result>(_ attempt: (inout State) -> Attempt<Result>) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        while true {
            switch attempt(&state) {
            case .done(let result): return result
            case .retry(let time?):
                var due = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
                pthread_cond_timedwait(condition, mutex, &due)
            case .retry(nil):
                pthread_cond_wait(condition, mutex)
            }
        }
    }
}
