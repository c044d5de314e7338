import Basics
import Foundation
import OrderedCollections
import Settings

/// Answers requests; knows nothing of sockets.
package struct RequestHandler: Sendable {
    enum Answer: Sendable {
        case now(JSONValue)
        /// Takes its time.
        case later(@Sendable () async throws(ControlError) -> JSONValue)
        /// The answer, and from now on the connection observes the stream's settings, or no longer.
        case observe(stream: String, SettingsStore, enabled: Bool)
    }

    private static let description: JSONValue = ["settings": .array(SettingDefinition.all.map(\.json))]

    package let target: any ControlTarget
    package let limits: ControlLimits
    /// The program's version.
    let version: String

    package init(target: any ControlTarget, limits: ControlLimits, version: String) {
        (self.target, self.limits, self.version) = (target, limits, version)
    }

    func answer(_ request: ControlRequest) throws(ControlError) -> Answer {
        guard let method = ControlMethod(rawValue: request.method) else {
            let known = ControlMethod.allCases.map(\.rawValue).joined(separator: ", ")
            throw ControlError(
                .unknownMethod, "there is no method \"\(request.method.prefix(60))\"; the methods are \(known)")
        }
        let parameters = try Parameters(request.parameters, for: method)
        switch method {
        case .hello: return .now(hello)
        case .settingsDescribe: return .now(RequestHandler.description)
        case .status: return .now(try status(parameters))
        case .stats: return .now(try statistics(parameters))
        case .streamList: return .now(["streams": .array(target.status().streams.map(\.json))])
        case .settingsGet:
            let (stream, store) = try store(parameters)
            return .now(RequestHandler.json(of: stream, store.target))
        case .settingsSet: return .now(try set(parameters))
        case .settingsObserve:
            let (stream, store) = try store(parameters)
            return .observe(stream: stream, store, enabled: try parameters.boolean("enabled") ?? true)
        case .streamPause: return .now(try apply(.paused, true, parameters))
        case .streamResume: return .now(try resume(parameters))
        case .streamPassthrough:
            return .now(try apply(.passthrough, try parameters.boolean("enabled") ?? true, parameters))
        case .streamStart:
            let stream = try stream(parameters)
            return .later { [target] () async throws(ControlError) in
                try await target.start(stream)
                return ["stream": .string(stream)]
            }
        case .streamStop:
            let stream = try stream(parameters)
            return .later { [target] () async throws(ControlError) in
                try await target.stop(stream)
                return ["stream": .string(stream)]
            }
        case .snapshot: return try snapshot(parameters)
        case .scriptLoad: return .now(try load(parameters))
        case .styles:
            let stream = try stream(parameters)
            return .now(["stream": .string(stream), "styles": .array(target.styles(of: stream).map { .string($0) })])
        case .page:
            guard let address = target.pageAddress else {
                throw ControlError(.notReady, "this daemon serves no page; start it with --web")
            }
            return .now(["address": .string(address)])
        }
    }

    /// The settings of a stream, flat, as `settings.set` takes them.
    static func json(of stream: String, _ settings: VersionedSettings) -> JSONValue {
        var members: OrderedDictionary<String, JSONValue> = [
            "stream": .string(stream), "version": .integer(settings.version),
        ]
        for (key, value) in settings.settings.json.object ?? [:] { members[key] = value }
        return .object(members)
    }

    private var hello: JSONValue {
        [
            "name": "restyled", "version": .string(version), "protocol": 1,
            "pid": .integer(Int64(ProcessInfo.processInfo.processIdentifier)),
            "methods": .array(ControlMethod.allCases.map { .string($0.rawValue) }),
            "limits": [
                "line_length": .integer(Int64(limits.lineLength)), "clients": .integer(Int64(limits.clients)),
                "requests_per_second": .number(limits.requestsPerSecond),
            ],
        ]
    }

    private func stream(_ parameters: Parameters) throws(ControlError) -> String {
        try streamName(try parameters.string("stream"), among: target.streamNames)
    }

    private func store(_ parameters: Parameters) throws(ControlError) -> (String, SettingsStore) {
        let name = try stream(parameters)
        guard let store = target.settings(of: name) else {
            throw ControlError(.unknownStream, "the stream \"\(name)\" has just gone")
        }
        return (name, store)
    }

    private func status(_ parameters: Parameters) throws(ControlError) -> JSONValue {
        var status = target.status()
        if try parameters.string("stream") != nil {
            let name = try stream(parameters)
            status.streams.removeAll { $0.name != name }
        }
        return status.json
    }

    private func statistics(_ parameters: Parameters) throws(ControlError) -> JSONValue {
        let names = try parameters.string("stream") == nil ? target.streamNames : [try stream(parameters)]
        return ["streams": .array(names.compactMap { target.statistics(of: $0)?.json })]
    }

    private func set(_ parameters: Parameters) throws(ControlError) -> JSONValue {
        let (stream, store) = try store(parameters)
        var change = SettingsChange()
        for (key, value) in parameters.settings {
            do throws(SettingsError) {
                try change.set(key, to: value)
            } catch {
                throw ControlError(.invalidParameters, error.message)
            }
        }
        let longest = Transition.maximumDuration.inSeconds
        let seconds = try parameters.number("transition") ?? 0
        guard (0...longest).contains(seconds) else {
            throw ControlError(
                .invalidParameters, "transition is \(seconds); allowed is a number of seconds from 0 to \(longest)")
        }
        let applied = store.apply(change, over: .seconds(seconds))
        let answer = RequestHandler.json(of: stream, applied)
        let notes = change[.prompt] == nil ? [] : target.notes(on: applied.settings.prompt, of: stream)
        guard !notes.isEmpty, case .object(var members) = answer else { return answer }
        members["notes"] = .array(notes.map { .string($0) })
        return .object(members)
    }

    private func apply(
        _ name: SettingName, _ value: Bool, _ parameters: Parameters
    ) throws(ControlError) -> JSONValue {
        let (stream, store) = try store(parameters)
        return RequestHandler.json(of: stream, store.apply(SettingsChange(name, value)))
    }

    /// Resuming ends a pause and a passthrough alike: the restyled picture comes back.
    private func resume(_ parameters: Parameters) throws(ControlError) -> JSONValue {
        let (stream, store) = try store(parameters)
        var change = SettingsChange(.paused, false)
        change.merge(SettingsChange(.passthrough, false))
        return RequestHandler.json(of: stream, store.apply(change))
    }

    private func snapshot(_ parameters: Parameters) throws(ControlError) -> Answer {
        let stream = try stream(parameters)
        let name = try parameters.string("picture") ?? SnapshotPicture.restyled.rawValue
        guard let picture = SnapshotPicture(rawValue: name) else {
            throw ControlError(.invalidParameters, "picture is \"\(name.prefix(60))\"; allowed is source or restyled")
        }
        let formatName = try parameters.string("format") ?? SnapshotFormat.png.rawValue
        guard let format = SnapshotFormat(rawValue: formatName) else {
            throw ControlError(.invalidParameters, "format is \"\(formatName.prefix(60))\"; allowed is png or jpeg")
        }
        return .later { [target] () async throws(ControlError) in
            let snapshot = try await target.snapshot(of: stream, picture, as: format)
            return [
                "stream": .string(stream), "picture": .string(picture.rawValue), "format": .string(format.rawValue),
                "width": .integer(Int64(snapshot.width)), "height": .integer(Int64(snapshot.height)),
                "data": .string(Data(snapshot.data).base64EncodedString()),
            ]
        }
    }

    private func load(_ parameters: Parameters) throws(ControlError) -> JSONValue {
        let stream = try stream(parameters)
        guard let text = try parameters.string("text") else {
            throw ControlError(.invalidParameters, "text is missing: the timeline itself, as YAML")
        }
        let timeline: Timeline
        do throws(SettingsError) {
            timeline = try Timeline(parsing: text, file: "text")
        } catch {
            throw ControlError(.invalidParameters, "\(error)")
        }
        try target.play(timeline, on: stream)
        return ["stream": .string(stream), "entries": .integer(Int64(timeline.entries.count))]
    }
}

/// The parameters of a request: only those that its method takes, each of its type.
struct Parameters {
    private let members: OrderedDictionary<String, JSONValue>
    private let own: [String]

    init(_ json: JSONValue, for method: ControlMethod) throws(ControlError) {
        members = json.object ?? [:]
        own = method.parameters
        let known = own + (method == .settingsSet ? SettingName.allCases.map(\.rawValue) : [])
        if let unknown = members.keys.first(where: { !known.contains($0) }) {
            throw ControlError(.invalidParameters, "\(method.rawValue): \(unknownKey(unknown, known: known))")
        }
    }

    /// What is not a parameter of the method itself.
    var settings: OrderedDictionary<String, JSONValue> { members.filter { !own.contains($0.key) } }

    func string(_ key: String) throws(ControlError) -> String? {
        guard let value = members[key] else { return nil }
        guard let string = value.string else { throw wrong(key, value, "a string") }
        return string
    }

    func boolean(_ key: String) throws(ControlError) -> Bool? {
        guard let value = members[key] else { return nil }
        guard let boolean = value.boolean else { throw wrong(key, value, "true or false") }
        return boolean
    }

    func number(_ key: String) throws(ControlError) -> Double? {
        guard let value = members[key] else { return nil }
        guard let number = value.double else { throw wrong(key, value, "a number") }
        return number
    }

    private func wrong(_ key: String, _ value: JSONValue, _ allowed: String) -> ControlError {
        ControlError(.invalidParameters, "\(key) is \(value.text.prefix(60)); allowed is \(allowed)")
    }
}

/// The stream that a request means.
/// - Parameters:
///   - given: the one it names; with one alone it need not.
///   - names: those there are.
package func streamName(_ given: String?, among names: [String]) throws(ControlError) -> String {
    guard let name = given ?? (names.count == 1 ? names[0] : nil) else {
        throw ControlError(.invalidParameters, "stream is missing; the streams are \(names.joined(separator: ", "))")
    }
    guard names.contains(name) else {
        throw ControlError(
            .unknownStream,
            "there is no stream \"\(name.prefix(60))\"; the streams are \(names.joined(separator: ", "))")
    }
    return name
}
