/// What `settings.get`, `settings.set` and `settings.observe` tell: where the settings are or are moving to.
public struct VersionedSettings: Sendable, Hashable {
    public let version: Int64
    public let settings: StreamSettings

    public init(version: Int64, settings: StreamSettings) { (self.version, self.settings) = (version, settings) }
}
