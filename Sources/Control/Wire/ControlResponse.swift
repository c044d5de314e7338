package import Settings

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
