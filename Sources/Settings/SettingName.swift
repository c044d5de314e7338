/// The settings that can change while a stream runs, by the names they have in YAML, in JSON-RPC and at `ctl set`.
package enum SettingName: String, Sendable, CaseIterable {
    case prompt
    case strength
    case seed
    case blend
    case steps
    case frameRate = "frame_rate"
    case passthrough
    case paused
}
