package import Graph

extension Engine {
    /// Runs a whole graph once: bytes in by name, bytes out by name.
    package func evaluate(_ graph: Graph, _ inputs: [String: [UInt8]]) throws -> [String: [UInt8]] {
        var buffers: [String: any Buffer] = [:]
        for (name, type) in graph.inputTypes.merging(graph.outputTypes, uniquingKeysWith: { first, _ in first }) {
            buffers[name] = try makeBuffer(type)
        }
        for (name, bytes) in inputs { try bytes.withUnsafeBytes { try buffers[name]?.write($0) } }
        try compile(graph, label: "test").bind(buffers).run()
        var results: [String: [UInt8]] = [:]
        for (name, type) in graph.outputTypes {
            var bytes = [UInt8](repeating: 0, count: type.byteCount)
            try bytes.withUnsafeMutableBytes { try buffers[name]?.read(into: $0) }
            results[name] = bytes
        }
        return results
    }
}
