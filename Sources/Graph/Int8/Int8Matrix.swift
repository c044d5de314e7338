/// A weight matrix in int8: each row, which makes one output, with a scale of its own.
///
/// row ≈ scale · int8 with scale = max|row| / 127, so zero stays zero and no number is cut off.
struct Int8Matrix: Sendable {
    let weight: FloatValues
    let rows, columns: Int

    /// int8 [rows, columns].
    var values: any ConstantData { Values(matrix: self) }
    /// float32 [rows, 1].
    var scales: any ConstantData { Scales(matrix: self) }

    private struct Values: ConstantData {
        let matrix: Int8Matrix

        func copy(into buffer: UnsafeMutableRawBufferPointer) throws {
            let result = buffer.bindMemory(to: Int8.self)
            try matrix.forEachRow { index, row, scale in
                let start = index * row.count
                for column in row.indices {
                    // At 1.5·2²³ the last bit stands for one: adding it rounds, ties to even, and leaves the result in
                    // the low bits.
                    let rounded = (row[column] / scale + 12_582_912).bitPattern
                    result[start + column] = Int8(truncatingIfNeeded: rounded)
                }
            }
        }
    }

    private struct Scales: ConstantData {
        let matrix: Int8Matrix

        func copy(into buffer: UnsafeMutableRawBufferPointer) throws {
            let result = buffer.bindMemory(to: Float.self)
            try matrix.forEachRow { index, _, scale in result[index] = scale }
        }
    }

    private func forEachRow(_ body: (Int, UnsafeBufferPointer<Float>, _ scale: Float) -> Void) throws {
        let floats = try weight.values(count: rows * columns)
        floats.withUnsafeBufferPointer { floats in
            for index in 0..<rows {
                let row = UnsafeBufferPointer(rebasing: floats[index * columns..<(index + 1) * columns])
                let largest = row.reduce(0) { max($0, abs($1)) }
                body(index, row, largest > 0 ? largest / 127 : 1)
            }
        }
    }
}
