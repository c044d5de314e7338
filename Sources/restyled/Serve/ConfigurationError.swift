import Settings

/// A configuration that can't be read or taken, with its file and line.
struct ConfigurationError: Error, CustomStringConvertible {
    let description: String
    init(_ error: SettingsError) { description = "\(error)" }
}
