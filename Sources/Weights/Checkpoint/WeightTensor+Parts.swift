import Graph

extension WeightTensor {
    /// The rows `range` of a tensor that must have `count` of them; the bytes are read from where they are.
    func rows(_ range: Range<Int>, of count: Int, name: String) throws -> WeightTensor {
        guard shape.rank > 0, shape[0] == count, range.upperBound <= count, !range.isEmpty,
            let data = data as? FileConstant
        else {
            throw WeightsError(
                .mismatch, "its shape \(shape) cannot be divided into query, key and value", at: location)
        }
        let rowByteCount = byteCount / count
        let start = data.bytes.lowerBound + range.lowerBound * rowByteCount
        let bytes = start..<start + range.count * rowByteCount
        var location = location
        location.byte = start
        return WeightTensor(
            name: name, elementType: elementType, shape: Shape([range.count] + shape.dimensions.dropFirst()),
            data: FileConstant(file: data.file, bytes: bytes, elementType: elementType, tensor: data.tensor),
            location: location)
    }

    func transposed(_ name: String) throws -> WeightTensor {
        guard shape.rank == 2, elementType.bitCount % 8 == 0 else {
            throw WeightsError(.mismatch, "its shape \(shape) is not that of a matrix", at: location)
        }
        return WeightTensor(
            name: name, elementType: elementType, shape: [shape[1], shape[0]],
            data: TransposedConstant(
                base: data, rows: shape[0], columns: shape[1], elementByteCount: elementType.bitCount / 8),
            location: location)
    }
}
