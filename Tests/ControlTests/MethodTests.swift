import Basics
import Control
import OrderedCollections
import Settings
import Synchronization
import Testing

@Suite struct MethodTests {
    /// Both ends and the wire between them.
    private func call(
        _ method: ControlMethod, _ parameters: JSONValue = [:], on target: FakeTarget = FakeTarget()
    ) async throws -> JSONValue {
        nonisolated(unsafe) var answer: JSONValue = .null
        try await withServer(target) { path in
            var client = try ControlClient(path: path)
            answer = try client.call(method, parameters)
        }
        return answer
    }

    @Test func hello() async throws {
        let answer = try await call(.hello)
        #expect(answer["name"] == "restyled")
        #expect(answer["version"] == "1.2.3")
        #expect(answer["protocol"] == 1)
        #expect(answer["methods"]?.array?.compactMap(\.string) == ControlMethod.allCases.map(\.rawValue))
    }

    @Test func setAnswersTheSettingsInForceWithTheirVersion() async throws {
        let target = FakeTarget()
        let answer = try await call(
            .settingsSet, ["strength": 0.6, "prompt": "neon city", "transition": 2], on: target)
        #expect(answer["version"] == 2)
        #expect(answer["strength"] == 0.6)
        #expect(answer["prompt"] == "neon city")
        #expect(answer["seed"] == 1)
        #expect(answer["stream"] == "main")
        let snapshot = try #require(target.stores["main"]?.snapshot())
        #expect(snapshot.isInTransition && snapshot.settings.strength < 0.6)
        #expect(try await call(.settingsGet, on: target) == answer)
    }

    @Test func describeTellsTheSchema() async throws {
        let settings = try #require(try await call(.settingsDescribe)["settings"]?.array)
        #expect(settings.compactMap { $0["name"]?.string } == SettingDefinition.all.map(\.name.rawValue))
        #expect(settings[1]["minimum"] == 0.0 && settings[1]["maximum"] == 1.0 && settings[1]["default"] == 0.5)
        for setting in settings { #expect(setting["help"]?.string?.isEmpty == false) }
    }

    /// The keys are a promise to those who wrote scripts.
    @Test func statusAndStatsKeepTheirKeys() async throws {
        let status = try await call(.status)
        #expect(status.object.map { Array($0.keys) } == ["state", "uptime_seconds", "streams"])
        #expect(
            status["streams"]?.array?[0].object.map { Array($0.keys) } == [
                "name", "state", "message", "healthy", "frames_per_second", "settings_version",
            ])
        let stats = try await call(.stats)
        let stream = try #require(stats["streams"]?.array?[0])
        #expect(
            stream.object.map { Array($0.keys) } == [
                "stream", "decoded", "restyled", "dropped", "in_flight", "outputs", "ticks", "missed_ticks",
                "latency_seconds", "restyle_seconds", "frames_per_second", "connections",
            ])
        #expect(stream["dropped"] == ["late": 2, "rate": 0])
        #expect(stream["latency_seconds"] == ["p50": .null, "p95": .null])
    }

    @Test func streams() async throws {
        let target = FakeTarget(["a", "b"])
        _ = try await call(.streamStop, ["stream": "b"], on: target)
        let list = try await call(.streamList, on: target)
        #expect(list["streams"]?.array?.compactMap { $0["state"]?.string } == ["running", "stopped"])
        _ = try await call(.streamStart, ["stream": "b"], on: target)
        #expect(target.running.withLock { $0 } == ["a", "b"])
        #expect(try await call(.streamPause, ["stream": "a"], on: target)["paused"] == true)
        #expect(try await call(.streamPassthrough, ["stream": "a"], on: target)["passthrough"] == true)
        let resumed = try await call(.streamResume, ["stream": "a"], on: target)
        #expect(resumed["paused"] == false && resumed["passthrough"] == false)
        #expect(target.stores["b"]?.target.version == 1)
    }

    @Test func snapshot() async throws {
        let answer = try await call(.snapshot)
        #expect(answer["data"] == "iVBORw==")
        #expect(answer["width"] == 2 && answer["height"] == 1 && answer["format"] == "png")
    }

    @Test func script() async throws {
        let target = FakeTarget()
        let answer = try await call(.scriptLoad, ["text": "- at: 00:10\n  prompt: snow\n"], on: target)
        #expect(answer["entries"] == 1)
        #expect(target.played.withLock { $0["main"]?.entries.first?.time } == .seconds(10))
    }

    @Test(arguments: [
        (
            ControlMethod.settingsSet, #"{"strength":1.5}"#, ControlError.Code.invalidParameters,
            "strength is 1.5; allowed is"
        ),
        (.settingsSet, #"{"strength":0.5,"color":1}"#, .invalidParameters, "there is no key \"color\""),
        (.settingsSet, #"{"transition":-1}"#, .invalidParameters, "transition is -1.0; allowed is"),
        (.settingsSet, #"{"transition":"2s"}"#, .invalidParameters, "transition is \"2s\"; allowed is a number"),
        (.settingsGet, #"{"stream":"x"}"#, .unknownStream, "there is no stream \"x\"; the streams are main"),
        (.settingsGet, #"{"strenght":1}"#, .invalidParameters, "settings.get: there is no key"),
        (.status, #"{"all":true}"#, .invalidParameters, "there is no key \"all\""),
        (.snapshot, #"{"picture":"/etc/passwd"}"#, .invalidParameters, "allowed is source or restyled"),
        (.snapshot, #"{"picture":"source"}"#, .notReady, "no frame has come yet"),
        (.snapshot, #"{"path":"/tmp/x.png"}"#, .invalidParameters, "there is no key \"path\""),
        (.scriptLoad, #"{"text":"- at: 1"}"#, .invalidParameters, "text:1: this entry changes nothing"),
        (.scriptLoad, #"{}"#, .invalidParameters, "text is missing"),
    ])
    func refusals(method: ControlMethod, parameters: String, code: ControlError.Code, sentence: String) async throws {
        let parameters = try JSONValue(parsing: parameters)
        let target = FakeTarget()
        let error = await #expect(throws: ControlError.self) { _ = try await call(method, parameters, on: target) }
        #expect(error?.code == code)
        #expect(error?.message.contains(sentence) == true, "\(error?.message ?? "")")
        #expect(target.stores["main"]?.target.version == 1, "a refused change leaves everything as it was")
    }

    @Test func severalStreamsNeedAName() async throws {
        let error = await #expect(throws: ControlError.self) {
            _ = try await call(.settingsSet, ["strength": 1], on: FakeTarget(["a", "b"]))
        }
        #expect(error?.message == "stream is missing; the streams are a, b")
    }
}
