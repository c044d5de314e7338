import Foundation
import Testing

private let analyze = Tool.path("systemd-analyze")

/// The units as systemd itself reads them.
@Suite(.enabled(if: analyze != nil, "systemd-analyze is missing: apt-get install systemd"))
struct UnitTests {
    /// A copy of the folder in which the program is one that every machine has.
    private func withUnits(_ folder: String, _ body: (String) throws -> Void) throws {
        let files = FileManager.default
        let copy = files.temporaryDirectory.appendingPathComponent("restyled-units-\(UUID().uuidString)").path
        try files.copyItem(atPath: "\(repository)/systemd\(folder)", toPath: copy)
        defer { try? files.removeItem(atPath: copy) }
        for name in try files.contentsOfDirectory(atPath: copy) where name.hasSuffix(".service") {
            let text = try String(contentsOfFile: "\(copy)/\(name)", encoding: .utf8)
            #expect(text.contains("ExecStart=/usr/local/bin/restyled serve "))
            try text.replacingOccurrences(of: "/usr/local/bin/restyled", with: "/bin/true")
                .write(toFile: "\(copy)/\(name)", atomically: true, encoding: .utf8)
        }
        try body(copy)
    }

    @Test(arguments: [("", "--system"), ("/user", "--user")])
    func systemdTakesThem(folder: String, mode: String) throws {
        try withUnits(folder) { units in
            for unit in ["restyled@test.service", "restyled@test.socket"] {
                let template = unit.replacingOccurrences(of: "@test", with: "@")
                try FileManager.default.copyItem(atPath: "\(units)/\(template)", toPath: "\(units)/\(unit)")
                let check = try Tool(
                    try #require(analyze), ["verify", mode, "--man=no", "\(units)/\(unit)"],
                    environment: ["XDG_RUNTIME_DIR": units])
                let complaints = check.output.split(separator: "\n").filter { $0.contains("restyled") }
                #expect(check.status == 0 && complaints.isEmpty, "\(check.output)")
            }
            // The check can fail.
            let broken = "\(units)/broken.service"
            try "[Service]\nExecStart=/nonexistent/program\n".write(toFile: broken, atomically: true, encoding: .utf8)
            #expect(
                try Tool(
                    try #require(analyze), ["verify", mode, "--man=no", broken], environment: ["XDG_RUNTIME_DIR": units]
                ).status != 0)
        }
    }

    @Test(arguments: [false, true])
    func isHardened(withGPU: Bool) throws {
        try withUnits("") { units in
            if !withGPU { try FileManager.default.removeItem(atPath: "\(units)/restyled@.service.d") }
            let check = try Tool(
                try #require(analyze),
                ["security", "--offline=true", "--threshold=20", "--no-pager", "\(units)/restyled@.service"])
            #expect(check.status == 0, "exposure above 2.0: \(check.output.suffix(300))")
            let strict = try Tool(
                try #require(analyze),
                ["security", "--offline=true", "--threshold=5", "--no-pager", "\(units)/restyled@.service"])
            #expect(strict.status != 0, "the check can fail")
            if withGPU { #expect(check.output.contains("nvidia")) }
        }
    }
}
