import ArgumentParser
import Settings

extension CompletionKind {
    /// The settings as the beginnings of assignments.
    static var assignments: CompletionKind { .list(SettingName.allCases.map { "\($0.rawValue)=" }) }
}
