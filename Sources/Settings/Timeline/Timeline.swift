import Basics
import Foundation
import Yams

/// Changes of the settings at given times of a stream, for runs without anybody at the controls.
package struct Timeline: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        /// From the start of the stream.
        package let time: Duration
        package let change: SettingsChange
        /// How long the change takes.
        package let transition: Duration

        package init(time: Duration, change: SettingsChange, transition: Duration = .zero) {
            (self.time, self.change, self.transition) = (time, change, transition)
        }
    }

    /// In the order of their times; no two at the same time.
    package let entries: [Entry]
}

extension Timeline {
    /// The most entries a timeline may have.
    static let maximumEntries = 100_000

    /// Reads a YAML list, each entry of which has `at`, optionally `transition`, and any of the live settings:
    /// ```yaml
    /// - at: 00:10
    ///   prompt: neon city
    ///   strength: 0.6
    ///   transition: 3s
    /// ```
    /// - Parameter file: the name that errors give, with the line.
    package init(parsing text: String, file: String) throws(SettingsError) {
        let reader = YAMLReader(file: file)
        guard let document = try reader.document(text) else {
            throw SettingsError(.malformed, "the timeline is empty; begin with \"- at: 00:00\" and a setting", at: file)
        }
        let nodes = try reader.sequence(document, "a timeline")
        guard nodes.count <= Timeline.maximumEntries else {
            throw SettingsError(
                .outOfRange, "\(nodes.count) entries; at most \(Timeline.maximumEntries) are allowed", at: file)
        }
        var entries: [Entry] = []
        for node in nodes {
            let entry = try Timeline.entry(node, reader)
            if let last = entries.last, entry.time <= last.time {
                throw reader.error(
                    .outOfRange,
                    "this entry is not later than the one before; put the entries in the order of their times",
                    at: node)
            }
            entries.append(entry)
        }
        self.init(entries: entries)
    }

    package init(contentsOf path: String) throws(SettingsError) {
        try self.init(parsing: try readText(path, what: "timeline"), file: path)
    }

    private static func entry(_ node: Node, _ reader: YAMLReader) throws(SettingsError) -> Entry {
        var (time, transition, change): (Duration?, Duration, SettingsChange) = (nil, .zero, SettingsChange())
        for (key, name, value) in try reader.mapping(node, "an entry") {
            let text = try reader.text(value, name)
            switch name {
            case "at":
                guard let duration = Duration(parsing: text) else {
                    throw reader.error(
                        .malformed, "at is \(text); allowed is a time such as 00:10, 1:02:03 or 90s", at: value)
                }
                time = duration
            case "transition":
                guard let duration = Duration(parsing: text), duration <= Transition.maximumDuration else {
                    throw reader.error(
                        .malformed, "transition is \(text); allowed is a duration up to a day, such as 3s or 500ms",
                        at: value)
                }
                transition = duration
            default:
                guard SettingName(rawValue: name) != nil else {
                    let known = ["at", "transition"] + SettingName.allCases.map(\.rawValue)
                    throw reader.error(.unknownKey, unknownKey(name, known: known), at: key)
                }
                do throws(SettingsError) {
                    try change.set(name, parsing: text)
                } catch {
                    throw reader.error(error.code, error.message, at: value)
                }
            }
        }
        guard let time else {
            throw reader.error(.missingKey, "this entry does not say when; add a line such as \"at: 00:10\"", at: node)
        }
        guard !change.isEmpty else {
            throw reader.error(
                .missingKey, "this entry changes nothing; add a setting such as \"prompt: snow\"", at: node)
        }
        return Entry(time: time, change: change, transition: transition)
    }
}

/// The text of a file that the user named.
func readText(_ path: String, what: String) throws(SettingsError) -> String {
    let data: Data
    do {
        data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile?:
            throw SettingsError(.unreadable, "there is no such \(what); check the path", at: path)
        case .fileReadNoPermission?:
            throw SettingsError(.notPermitted, "this user may not read it; see `chmod` and `chown`", at: path)
        default:
            throw SettingsError(.unreadable, "the \(what) can't be read: \(error.localizedDescription)", at: path)
        }
    }
    guard let text = String(validating: data, as: UTF8.self) else {
        throw SettingsError(.malformed, "the \(what) is not UTF-8 text", at: path)
    }
    return text
}
