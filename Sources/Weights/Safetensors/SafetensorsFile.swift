import Graph

/// An open safetensors file.
package struct SafetensorsFile: Sendable {
    package let file: any ModelFile
    package let header: SafetensorsHeader

    package init(_ file: any ModelFile) throws {
        self.file = file
        header = try SafetensorsHeader(reading: file)
    }

    /// The tensors in the order of their bytes.
    package var tensors: [WeightTensor] {
        header.entries.map { entry in
            let location = WeightsError.Location(file: file.name, tensor: entry.name, byte: entry.bytes.lowerBound)
            return WeightTensor(
                name: entry.name, elementType: entry.elementType, shape: entry.shape,
                data: FileConstant(
                    file: file, bytes: entry.bytes, elementType: entry.elementType, tensor: entry.name),
                location: location)
        }
    }
}
