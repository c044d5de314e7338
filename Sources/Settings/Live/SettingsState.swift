import Basics
import Glibc
import OrderedCollections
import SystemPackage

/// The live settings of a stream as a file in the state directory, from which they come back after a restart.
///
/// A file that cannot be read as such (cut off by a full disk, of another version) is set aside under `….damaged` and
/// reported, and the stream begins with its configured settings: a bad file must not keep the daemon down.
package struct SettingsState: Sendable {
    package enum Loaded: Sendable, Hashable {
        case none
        case settings(VersionedSettings)
        /// With the sentence to log.
        case damaged(String)
    }

    package let path: String

    /// - Parameter stream: its name, which holds letters, digits, `-`, `_` and `.` only.
    package init(directory: String, stream: String) { path = "\(directory)/\(stream).settings.json" }

    /// What was set last; but a setting whose configured value is another than it was then begins with the new one: an edit of
    /// the configuration counts.
    /// - Parameter configured: what the stream would begin with now.
    package func load(configured: StreamSettings? = nil) -> Loaded {
        let bytes: [UInt8]
        do { bytes = try Files.read(path, limit: 1 << 20) } catch {
            if error.errno == .noSuchFileOrDirectory { return .none }
            return .damaged("\(path) can't be read: \(error); the settings start from the configuration")
        }
        do {
            let json = try JSONValue(parsing: bytes)
            guard let version = json["version"]?.integer, version > 0, let members = json["settings"]?.object else {
                return setAside("it has no version and settings")
            }
            var change = SettingsChange()
            for (key, value) in members { try change.set(key, to: value) }
            if let configured, let members = json["configured"]?.object {
                var before = SettingsChange()
                for (key, value) in members { try before.set(key, to: value) }
                let then = StreamSettings().applying(before)
                for name in SettingName.allCases where then[name] != configured[name] {
                    try change.set(name.rawValue, to: configured[name].json)
                }
            }
            return .settings(VersionedSettings(version: version, settings: StreamSettings().applying(change)))
        } catch {
            return setAside("\(error)")
        }
    }

    /// Writes beside the file, makes sure that it is on the disk, and renames it over the old one: whenever the power
    /// goes, one of the two is there whole.
    /// - Parameter configured: what the stream began with.
    package func save(_ settings: VersionedSettings, configured: StreamSettings? = nil) throws(SettingsError) {
        var members: OrderedDictionary<String, JSONValue> = [
            "version": .integer(settings.version), "settings": settings.settings.json,
        ]
        members["configured"] = configured?.json
        let json = JSONValue.object(members)
        do { try Files.replace(path, with: Array((json.text + "\n").utf8)) } catch {
            throw SettingsError(.unwritable, "the settings can't be saved: \(error)", at: path)
        }
    }

    private func setAside(_ reason: String) -> Loaded {
        let aside = path + ".damaged"
        let moved = rename(path, aside) == 0
        return .damaged(
            "\(path) is damaged (\(reason)); the settings start from the configuration\(moved ? ", the file is kept as \(aside)" : "")"
        )
    }
}
