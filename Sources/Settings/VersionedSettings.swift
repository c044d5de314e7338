/// What `settings.get`, `settings.set` and `settings.observe` tell: where the settings are or are moving to.
package struct VersionedSettings: Sendable, Hashable {
    package let version: Int64
    package let settings: StreamSettings

    package init(version: Int64, settings: StreamSettings) { (self.version, self.settings) = (version, settings) }
}
