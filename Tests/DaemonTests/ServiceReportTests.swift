import Control
import Settings
import Testing

@testable import Daemon

@Suite struct ServiceReportTests {
    private func status(_ state: DaemonStatus.State, healthy: Bool = true, rate: Double = 30) -> DaemonStatus {
        DaemonStatus(
            state: state, uptime: .seconds(1),
            streams: [
                .init(
                    name: "main", condition: state == .loading ? .loading : .running, isHealthy: healthy,
                    framesPerSecond: rate, settingsVersion: 1)
            ])
    }

    @Test func readyOnceEverythingIsLoaded() {
        var report = ServiceReport(watchdogInterval: nil)
        #expect(
            report.look(status(.loading, rate: 0), at: 0) == [
                .extendTimeout(.seconds(60)), .status("loading; main: loading, 0.0 frames/s"),
            ])
        #expect(report.look(status(.loading, rate: 0), at: 1) == [.extendTimeout(.seconds(60))])
        #expect(report.look(status(.running), at: 2) == [.ready, .status("main: running, 30.0 frames/s")])
        #expect(report.look(status(.running, rate: 30.04), at: 3).isEmpty, "the same is not told twice")
        // A stream started later loads its model without the daemon being unready.
        #expect(report.look(status(.loading, rate: 0), at: 4) == [.status("loading; main: loading, 0.0 frames/s")])
        #expect(report.look(status(.stopping), at: 5) == [.stopping])
        #expect(report.look(status(.running), at: 6).isEmpty)
    }

    @Test func theWatchdogGoesHungryWhenFramesDoNotMove() {
        var report = ServiceReport(watchdogInterval: .seconds(9))
        let second: Int64 = 1_000_000_000
        let fed = (0..<20).filter { moment in
            report.look(status(.running, healthy: !(5..<15).contains(moment)), at: Int64(moment) * second)
                .contains(.watchdog)
        }
        #expect(fed == [0, 3, 15, 18])
    }
}
