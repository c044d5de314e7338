package import Basics
import OrderedCollections
import Settings

/// One request of JSON-RPC 2.0, parameters by name.
package struct ControlRequest: Sendable, Hashable {
    /// A number, a string or null; nil for a notification, which gets no answer.
    package let id: JSONValue?
    package let method: String
    package let parameters: JSONValue

    package init(id: JSONValue?, method: String, parameters: JSONValue = [:]) {
        (self.id, self.method, self.parameters) = (id, method, parameters)
    }

    package var json: JSONValue {
        var members: JSONValue = ["jsonrpc": "2.0", "method": .string(method), "params": parameters]
        if let id, case .object(var object) = members {
            object["id"] = id
            members = .object(object)
        }
        return members
    }

    /// The request that a line holds, or what to answer instead.
    static func parse(_ line: some Collection<UInt8>) -> Result<ControlRequest, Refusal> {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: line)
        } catch {
            return .failure(Refusal(id: .null, error: ControlError(.parseError, "this line is not JSON: \(error)")))
        }
        func refused(_ message: String, id: JSONValue = .null) -> Result<ControlRequest, Refusal> {
            .failure(Refusal(id: id, error: ControlError(.invalidRequest, message)))
        }
        guard let members = json.object else {
            return refused("a request is one JSON object a line; batches are not taken")
        }
        let id = members["id"]
        switch id {
        case nil, .null, .integer, .number, .string: break
        default: return refused("id must be a number or a string")
        }
        if let unknown = members.keys.first(where: { !["jsonrpc", "id", "method", "params"].contains($0) }) {
            return refused("a request has no field \"\(unknown.prefix(60))\"", id: id ?? .null)
        }
        guard members["jsonrpc"] == "2.0" else { return refused("\"jsonrpc\":\"2.0\" is missing", id: id ?? .null) }
        guard let method = members["method"]?.string else { return refused("method must be a string", id: id ?? .null) }
        let parameters = members["params"] ?? [:]
        guard parameters.object != nil else { return refused("params must be an object", id: id ?? .null) }
        return .success(ControlRequest(id: id, method: method, parameters: parameters))
    }

    /// A line that is not a request, and the id to answer it under.
    struct Refusal: Error {
        let id: JSONValue
        let error: ControlError
    }
}

/// What a line from the daemon holds.
package enum ControlResponse: Sendable, Hashable {
    case result(id: JSONValue, JSONValue)
    case error(id: JSONValue, code: Int64, message: String)
    case notification(method: String, parameters: JSONValue)

    package var json: JSONValue {
        switch self {
        case .result(let id, let result): ["jsonrpc": "2.0", "id": id, "result": result]
        case .error(let id, let code, let message):
            ["jsonrpc": "2.0", "id": id, "error": ["code": .integer(code), "message": .string(message)]]
        case .notification(let method, let parameters):
            ["jsonrpc": "2.0", "method": .string(method), "params": parameters]
        }
    }

    static func error(id: JSONValue, _ error: ControlError) -> ControlResponse {
        .error(id: id, code: error.code.rawValue, message: error.message)
    }

    /// Nil for anything that is none of the three.
    init?(_ json: JSONValue) {
        if let method = json["method"]?.string, let parameters = json["params"] {
            self = .notification(method: method, parameters: parameters)
        } else if let id = json["id"], let result = json["result"] {
            self = .result(id: id, result)
        } else if let id = json["id"], let code = json["error"]?["code"]?.integer,
            let message = json["error"]?["message"]?.string
        {
            self = .error(id: id, code: code, message: message)
        } else {
            return nil
        }
    }
}
