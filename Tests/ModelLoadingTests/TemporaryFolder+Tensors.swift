import TestTools

extension TemporaryFolder {
    /// Tensors of float32, as a safetensors file.
    func write(_ name: String, tensors: [(name: String, shape: [Int], values: [Float])]) throws -> String {
        var (entries, data): ([String], [UInt8]) = ([], [])
        for tensor in tensors {
            let start = data.count
            tensor.values.withUnsafeBytes { data += $0 }
            entries.append(
                "\"\(tensor.name)\":{\"dtype\":\"F32\",\"shape\":\(tensor.shape),\"data_offsets\":[\(start),\(data.count)]}"
            )
        }
        let header = Array("{\(entries.joined(separator: ","))}".utf8)
        let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
        return try write(name, length + header + data)
    }
}
