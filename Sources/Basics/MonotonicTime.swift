import Glibc
import SwiftOverlayShims

/// A moment on the machine's monotonic clock, in signed nanoseconds, so that differences never trap and a step of the
/// wall clock changes nothing.
package struct MonotonicTime: Sendable, Hashable, Comparable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static var now: MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    package static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        let (sum, overflows) = time.nanoseconds.addingReportingOverflow(duration.inNanoseconds)
        return MonotonicTime(nanoseconds: overflows ? (duration < .zero ? .min : .max) : sum)
    }

    package static func - (left: MonotonicTime, right: MonotonicTime) -> Duration {
        .nanoseconds(left.nanoseconds &- right.nanoseconds)
    }
}

extension Duration {
    /// Nanoseconds, pinned to what 64 bits hold (292 years).
    package var inNanoseconds: Int64 {
        let (whole, fraction) = components
        let (product, overflow) = whole.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return whole < 0 ? .min : .max }
        let (sum, overflows) = product.addingReportingOverflow(fraction / 1_000_000_000)
        return overflows ? (whole < 0 ? .min : .max) : sum
    }

    package var inSeconds: Double {
        let (whole, fraction) = components
        return Double(whole) + Double(fraction) * 1e-18
    }
}
