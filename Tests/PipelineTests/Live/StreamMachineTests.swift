import Testing

@testable import Pipeline

private let second: Int64 = 1_000_000_000

@Suite struct StreamMachineTests {
    private let timeouts = StreamMachine.Timeouts(stall: .seconds(2), hold: .seconds(5))

    @Test func holdsThenShowsTheSlateThenGoesOn() {
        var machine = StreamMachine(now: 0, timeouts: timeouts)
        #expect(machine.state(at: second) == .connecting)
        machine.frameArrived(at: 2 * second)
        #expect(machine.state(at: 2 * second) == .running)
        machine.sourceLost(reason: "end of file", at: 3 * second)
        #expect(machine.state(at: 4 * second) == .holding(reason: "end of file"))
        machine.sourceLost(reason: "no such file", at: 4 * second)
        #expect(machine.state(at: 4 * second) == .holding(reason: "no such file"))
        #expect(machine.state(at: 8 * second - 1) == .holding(reason: "no such file"))
        #expect(machine.state(at: 8 * second) == .slate(reason: "no such file"))
        machine.frameArrived(at: 9 * second)
        #expect(machine.state(at: 9 * second) == .running)
    }

    @Test func aSilentSourceIsLostWithoutAnybodySayingSo() {
        var machine = StreamMachine(now: 0, timeouts: timeouts)
        machine.frameArrived(at: 0)
        #expect(machine.state(at: 2 * second - 1) == .running)
        #expect(machine.state(at: 2 * second) == .holding(reason: "no frame for 2 s"))
        #expect(machine.state(at: 7 * second - 1).kind == .holding)
        #expect(machine.state(at: 7 * second).kind == .slate)
        machine.sourceLost(reason: "gone", at: 60 * second)
        #expect(machine.state(at: 60 * second) == .slate(reason: "gone"))
        machine.frameArrived(at: 61 * second)
        #expect(machine.state(at: 61 * second) == .running)
    }

    @Test func aSourceThatNeverCameGetsTheSlateToo() {
        var machine = StreamMachine(now: 0, timeouts: timeouts)
        machine.sourceLost(reason: "no such file", at: second)
        #expect(machine.state(at: 4 * second) == .connecting)
        #expect(machine.state(at: 5 * second).kind == .slate)
    }

    @Test func ordersOutlastTheSource() {
        var machine = StreamMachine(now: 0, timeouts: timeouts)
        machine.frameArrived(at: 0)
        machine.obey(.pause)
        machine.sourceLost(reason: "gone", at: 2 * second)
        #expect(machine.state(at: 60 * second) == .paused)
        machine.obey(.passthrough)
        #expect(machine.state(at: 61 * second).kind == .slate)
        machine.frameArrived(at: 62 * second)
        #expect(machine.state(at: 62 * second) == .passthrough)
        machine.obey(.restyle)
        #expect(machine.state(at: 62 * second) == .running)
    }

    @Test func stoppingIsForGood() {
        var machine = StreamMachine(now: 0, timeouts: timeouts)
        machine.obey(.stop)
        machine.obey(.restyle)
        machine.frameArrived(at: 2)
        #expect(machine.state(at: 3) == .stopping)
    }
}

@Suite struct WatchdogTests {
    private let limits = Watchdog.Limits(tick: .seconds(5), restyle: .seconds(30))
    private let running = StreamState.running

    @Test func framesMove() {
        var watchdog = Watchdog(now: 0, limits: limits)
        for now in stride(from: Int64(0), to: 100 * second, by: Int(second)) {
            watchdog.ticked(at: now)
            watchdog.restyleBegan(at: now)
            watchdog.restyleEnded()
            #expect(watchdog.verdict(at: now, state: running) == .moving)
        }
    }

    @Test func aSilentClockIsStuck() {
        var watchdog = Watchdog(now: 0, limits: limits)
        let verdicts = (0...7).map { watchdog.verdict(at: $0 * second, state: running).isHealthy }
        #expect(verdicts == [true, true, true, true, true, true, false, false])
    }

    @Test func aModelThatNeverReturnsIsStuck() {
        var watchdog = Watchdog(now: 0, limits: limits)
        watchdog.restyleBegan(at: 0)
        var verdict = Health.moving
        for now in 0...31 as ClosedRange<Int64> {
            watchdog.ticked(at: now * second)
            verdict = watchdog.verdict(at: now * second, state: running)
            #expect(verdict.isHealthy == (now <= 30))
        }
        #expect(verdict == .stuck("the model has had one frame for 31 s"))
    }

    @Test func nothingToDoIsFine() {
        var watchdog = Watchdog(now: 0, limits: limits)
        for now in 0...1000 as ClosedRange<Int64> {
            watchdog.ticked(at: now * second)
            let verdict = watchdog.verdict(at: now * second, state: .slate(reason: "gone"))
            #expect(verdict == .idle("gone"))
        }
    }

    /// SIGSTOP, or a machine that slept: the watchdog itself was not asked either.
    @Test func aStoppedProcessGetsItsTimeAgain() {
        var watchdog = Watchdog(now: 0, limits: limits)
        watchdog.restyleBegan(at: 0)
        #expect(watchdog.verdict(at: second, state: running) == .moving)
        #expect(watchdog.verdict(at: 60 * second, state: running) == .moving)
        #expect(watchdog.verdict(at: 64 * second, state: running) == .moving)
        #expect(!watchdog.verdict(at: 66 * second, state: running).isHealthy)
    }
}
