import Foundation
import ModelLoading
import TestTools
import Testing

/// What `auto` makes of doctor's measurements.
@Suite struct MeasuredEnginesTests {
    private func measurement(
        _ choice: EngineChoice, _ rate: Double, _ decibels: Double? = nil
    ) -> MeasuredEngines.Measurement {
        .init(choice, framesPerSecond: rate, decibels: decibels)
    }

    @Test func theFastestWithTheRightPictureIsTaken() throws {
        let exact = EngineChoice(.openvino, device: "CPU", precision: .fp32)
        let near = EngineChoice(.openvino, device: "CPU", precision: .bf16)
        let wrong = EngineChoice(.openvino, device: "GPU.0", precision: .fp16)
        let measured = MeasuredEngines([
            measurement(exact, 30), measurement(near, 60, 40), measurement(wrong, 200, 34.9),
        ])
        #expect(measured.best?.choice == near)
        #expect(MeasuredEngines([measurement(exact, 30), measurement(near, 60, 34.9)]).best?.choice == exact)
        #expect(MeasuredEngines([]).best == nil)
    }

    @Test func itIsKeptForThisMachineAlone() throws {
        let folder = try TemporaryFolder()
        let environment = ["XDG_CACHE_HOME": folder.path]
        #expect(MeasuredEngines.load(environment: environment) == nil)
        let choice = EngineChoice(.openvino, device: "CPU", precision: .bf16)
        let measured = MeasuredEngines([measurement(choice, 60, 40)])
        #expect(try measured.save(environment: environment) != nil)
        #expect(MeasuredEngines.load(environment: environment) == measured)
        _ = try MeasuredEngines(measured.measurements, machine: "another").save(environment: environment)
        #expect(MeasuredEngines.load(environment: environment) == nil)
    }
}
