import Basics
import Control
import Foundation
import OrderedCollections
import Settings

/// Settings as a person reads them: one a line, as `ctl set` would take them.
func settingsText(_ answer: JSONValue) -> String {
    let lines = SettingDefinition.all.compactMap { definition -> String? in
        guard let value = answer[definition.name.rawValue] else { return nil }
        return "\(definition.name.rawValue)=\(value.string ?? value.text)"
    }
    let version = answer["version"].map { "# \(answer["stream"]?.string ?? ""), version \($0.text)" }
    return ([version].compactMap(\.self) + lines).joined(separator: "\n")
}

/// What the daemon and its streams are doing.
func statusText(_ answer: JSONValue) -> String {
    let uptime = answer["uptime_seconds"]?.double.map { " for \(seconds($0))" } ?? ""
    let streams = (answer["streams"]?.array ?? []).map { "  " + streamText($0, fields: ", ") }
    return (["\(answer["state"]?.string ?? "")\(uptime)"] + streams).joined(separator: "\n")
}

/// One stream of `status`: its name, what it is doing, and why where there is a reason.
func streamText(_ stream: JSONValue, fields: String) -> String {
    let name = stream["name"]?.string ?? ""
    let rate = stream["frames_per_second"]?.double ?? 0
    var parts = [stream["state"]?.string ?? "", String(format: "%.1f restyled frames/s", rate)]
    if let message = stream["message"]?.string, !message.isEmpty { parts.append(message) }
    return name + (fields == ", " ? ": " : fields) + parts.joined(separator: fields)
}

/// One stream of `stats`, without what is zero.
func statisticsText(_ stream: JSONValue) -> String {
    func counts(_ object: JSONValue, without others: Set<String> = []) -> [String] {
        (object.object ?? [:]).compactMap { key, value in
            guard let count = value.integer, count != 0, !others.contains(key) else { return nil }
            return "\(count) \(key.replacingOccurrences(of: "_", with: " "))"
        }
    }
    func quantiles(_ key: String) -> String? {
        guard let median = stream[key]?["p50"]?.double else { return nil }
        let rare = stream[key]?["p95"]?.double.map { ", 95 % within \(milliseconds($0))" } ?? ""
        return milliseconds(median) + rare
    }
    var rows: [[String]] = []
    let frames = counts(stream, without: ["ticks", "missed_ticks", "connections"])
    rows.append(["frames", frames.isEmpty ? "none yet" : frames.joined(separator: ", ")])
    let dropped = counts(stream["dropped"] ?? [:])
    if !dropped.isEmpty { rows.append(["dropped", dropped.joined(separator: ", ")]) }
    let rate = String(format: "%.1f restyled frames/s", stream["frames_per_second"]?.double ?? 0)
    rows.append(["speed", rate + (quantiles("restyle_seconds").map { "; \($0) a frame" } ?? "")])
    let devices = stream["devices"]?.array ?? []
    for device in devices where devices.count > 1 {
        let pace = device["seconds"]?.double.map { ", \(milliseconds($0)) for the last" } ?? ""
        let state = device["up"]?.boolean == true ? "" : ", lost"
        rows.append(
            ["device", "\(device["name"]?.string ?? ""): \(device["restyled"]?.integer ?? 0) restyled\(pace)\(state)"])
    }
    if let latency = quantiles("latency_seconds") { rows.append(["latency", latency]) }
    if let missed = stream["missed_ticks"]?.integer, missed > 0, let ticks = stream["ticks"]?.integer {
        rows.append(["output clock", "\(missed) of \(ticks) ticks missed"])
    }
    if let connections = stream["connections"]?.integer, connections > 1 {
        rows.append(["source", "connected \(connections) times"])
    }
    for output in stream["outputs"]?.array ?? [] {
        let state = output["up"]?.boolean == true ? [] : ["down"]
        let message = output["message"]?.string ?? ""
        let numbers =
            counts(output, without: ["connections"]) + counts(output["dropped"] ?? [:]).map { "\($0) dropped" }
        let text = (state + [message].filter { !$0.isEmpty } + numbers).joined(separator: ", ")
        rows.append(["output", "\(output["name"]?.string ?? ""): \(text.isEmpty ? "nothing written yet" : text)"])
    }
    return "\(stream["stream"]?.string ?? "")\n\(TextTable(rows, rightAligned: [], indent: "  "))"
}

/// Any answer as `key: value` lines, members of members indented.
func outline(_ value: JSONValue, indentation: String = "") -> String {
    guard let members = value.object else { return indentation + (value.string ?? value.text) }
    return members.map { key, value in
        switch value {
        case .object(let inner) where !inner.isEmpty:
            "\(indentation)\(key):\n\(outline(value, indentation: indentation + "  "))"
        case .array(let elements) where elements.contains { $0.object != nil }:
            "\(indentation)\(key):\n"
                + elements.map { outline($0, indentation: indentation + "  ") }.joined(separator: "\n\n")
        default: "\(indentation)\(key): \(value.string ?? value.text)"
        }
    }.joined(separator: "\n")
}

/// "91 ms", "2.1 s"
func milliseconds(_ seconds: Double) -> String {
    seconds < 1 ? String(format: "%.0f ms", seconds * 1000) : String(format: "%.1f s", seconds)
}

/// "5 s", "3 min 20 s", "2 h 5 min"
func seconds(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    return switch whole {
    case ..<60: "\(whole) s"
    case ..<3600: "\(whole / 60) min \(whole % 60) s"
    default: "\(whole / 3600) h \(whole / 60 % 60) min"
    }
}
