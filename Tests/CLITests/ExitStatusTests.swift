import Basics
import Foundation
import Testing

/// The list of exit codes is the same in the program, in its help, in the README and in the systemd units.
@Suite struct ExitStatusTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private static let codes = Set(ExitStatus.allCases.map { Int($0.rawValue) })

    @Test func theHelpListsThemAll() throws {
        let help = String(decoding: try Program.run(["--help"]).output, as: UTF8.self)
        for status in ExitStatus.allCases {
            #expect(help.contains("\(status.rawValue) \(status.meaning)"), "\(status)")
        }
    }

    @Test func theREADMEListsThemAll() throws {
        let readme = try Self.text("README.md")
        let section = try #require(readme.firstMatch(of: #/\n## Exit codes\n(.*?)\n## /#.dotMatchesNewlines())?.1)
        let listed = section.matches(of: /\b\d{2,3}\b/).compactMap { Int($0.0) }.filter { (64...130).contains($0) }
        #expect(Set(listed) == Self.codes)
    }

    /// What another start would not change must not be started again.
    @Test(arguments: ["systemd/restyled@.service", "systemd/user/restyled@.service"])
    func theUnitsKnowWhichAreFinal(_ unit: String) throws {
        let line = try #require(try Self.text(unit).firstMatch(of: /(?m)^RestartPreventExitStatus=(.*)$/)?.1)
        let final: [ExitStatus] = [.usage, .noInput, .unavailable, .permission, .configuration]
        #expect(line.split(separator: " ").compactMap { Int32($0) } == final.map(\.rawValue))
    }

    @Test func anErrorThatNobodyKnowsIsInternal() {
        struct Unknown: Error {}
        #expect(ExitStatus(Unknown()) == .internal)
    }
}
