import Graph

extension WeightStore {
    /// The same weights with further rows behind those of one table, all as float32.
    /// - Parameter rows: [n, features] or [features].
    /// - Throws: where the table is not there, or the rows do not fit it.
    package func appending(_ rows: [WeightTensor], to name: String) throws -> WeightStore {
        let table = try use(name)
        guard table.shape.rank == 2 else {
            throw WeightsError(.mismatch, "its shape \(table.shape) is not that of a table", at: table.location)
        }
        let parts = try ([table] + rows).map { tensor in
            guard tensor.shape[-1] == table.shape[1] else {
                throw WeightsError(
                    .mismatch, "its shape \(tensor.shape) does not fit \(table.shape)", at: tensor.location)
            }
            let (data, type) = try tensor.numbers()
            return (FloatValues(data, type), tensor.shape.elementCount)
        }
        let height = parts.reduce(0) { $0 + $1.1 } / table.shape[1]
        var tensors = tensors
        tensors[name] = WeightTensor(
            name: name, elementType: .f32, shape: [height, table.shape[1]], data: AppendedConstant(parts: parts),
            location: table.location)
        return try WeightStore(tensors.values, description: description)
    }
}

/// Tables of float32, one behind the other.
private struct AppendedConstant: ConstantData {
    let parts: [(values: FloatValues, count: Int)]

    func copy(into buffer: UnsafeMutableRawBufferPointer) throws {
        let result = buffer.bindMemory(to: Float.self)
        var start = 0
        for (values, count) in parts {
            try values.copy(into: UnsafeMutableBufferPointer(rebasing: result[start..<start + count]))
            start += count
        }
    }
}
