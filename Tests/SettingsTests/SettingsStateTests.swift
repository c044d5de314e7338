import Foundation
import Settings
import Testing

@Suite struct SettingsStateTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("restyled-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try body(directory)
    }

    @Test func comesBack() throws {
        try withDirectory { directory in
            let state = SettingsState(directory: directory, stream: "main")
            #expect(state.load() == .none)
            let settings = StreamSettings().applying(
                try SettingsChange(assignments: [
                    #"prompt="a":0.5, "b \" 雪":1.5"#, "strength=0.1", "frame_rate=30000/1001",
                ]))
            try state.save(VersionedSettings(version: 12, settings: settings))
            #expect(state.load() == .settings(VersionedSettings(version: 12, settings: settings)))
            let mode = try FileManager.default.attributesOfItem(atPath: state.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["main.settings.json"])
        }
    }

    @Test(arguments: [
        "", "{", "{\"version\":1}", "{\"version\":0,\"settings\":{}}", "{\"version\":1,\"settings\":{\"strength\":7}}",
        "{\"version\":1,\"settings\":{\"color\":7}}", "\u{0}\u{0}\u{0}", "[]",
    ])
    func aDamagedFileIsSetAsideWithAWarning(text: String) throws {
        try withDirectory { directory in
            let state = SettingsState(directory: directory, stream: "main")
            try text.write(toFile: state.path, atomically: false, encoding: .utf8)
            guard case .damaged(let warning) = state.load() else {
                Issue.record("taken as good")
                return
            }
            #expect(warning.contains("is damaged") && warning.contains(state.path + ".damaged"))
            #expect(state.load() == .none)
            #expect(try String(contentsOfFile: state.path + ".damaged", encoding: .utf8) == text)
        }
    }

    /// A file that is cut off anywhere is either the whole or damaged, never other settings.
    @Test func everyTruncationIsNoticed() throws {
        try withDirectory { directory in
            let state = SettingsState(directory: directory, stream: "main")
            try state.save(VersionedSettings(version: 3, settings: StreamSettings()))
            let whole = try Data(contentsOf: URL(fileURLWithPath: state.path))
            for count in 0..<whole.count - 1 {
                try whole.prefix(count).write(to: URL(fileURLWithPath: state.path))
                guard case .damaged = state.load() else {
                    Issue.record("taken as good at \(count) bytes")
                    return
                }
            }
        }
    }

    @Test func aDirectoryThatIsNotThereIsAnError() {
        let state = SettingsState(directory: "/nonexistent/restyled", stream: "main")
        let error = #expect(throws: SettingsError.self) {
            try state.save(VersionedSettings(version: 1, settings: StreamSettings()))
        }
        #expect(
            error?.description.contains(
                "/nonexistent/restyled/main.settings.json: the settings can't be saved: open: No such file") == true)
    }
}
