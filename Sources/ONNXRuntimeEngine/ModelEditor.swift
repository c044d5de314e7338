import CONNXRuntime
import Glibc
import Graph

/// Builds ONNX Runtime's own model from ours, by its model editor: no file format in between, hence no limit of 2 GB, and
/// constants stay where they are.
///
/// What the editor's functions make belongs to the caller until it has been added to something.
struct ModelEditor {
    /// ONNX Runtime keeps smaller ones for itself; it wants to know the shapes that some of them are.
    private static let smallestExternal = 128

    let library: ONNXRuntimeLibrary
    /// Of the memory that constants lie in.
    let memoryInfo: OpaquePointer
    private var functions: CONNXRuntime_functions { library.functions }

    init(_ library: ONNXRuntimeLibrary, memoryInfo: OpaquePointer) {
        (self.library, self.memoryInfo) = (library, memoryInfo)
    }

    /// - Parameter constants: the bytes of the model's table, which must stay as long as sessions read them.
    /// - Returns: a model to be released.
    func make(_ model: ONNXModel, constants: UnsafeMutableRawBufferPointer) throws -> OpaquePointer {
        let graph: OpaquePointer = try made("graph") { functions.CreateGraph($0) }
        do {
            try setInputs(model, of: graph)
            try setOutputs(model, of: graph)
            for initializer in model.initializers { try add(initializer, constants, to: graph) }
            for node in model.nodes { try add(node, to: graph) }
            return try wrap(graph)
        } catch {
            functions.ReleaseGraph(graph)
            throw error
        }
    }

    private func wrap(_ graph: OpaquePointer) throws -> OpaquePointer {
        let model: OpaquePointer = try "".withCString { domain in
            var domains: [UnsafePointer<CChar>?] = [domain]
            var versions = [ONNXModel.operatorSet]
            return try made("model") { functions.CreateModel(&domains, &versions, 1, $0) }
        }
        do {
            try library.check(functions.AddGraphToModel(model, graph), .compileFailed, "a graph could not be added")
            return model
        } catch {
            functions.ReleaseModel(model)
            throw error
        }
    }

    private func setInputs(_ model: ONNXModel, of graph: OpaquePointer) throws {
        try withInfos(model.inputs) { infos in
            try library.check(
                functions.SetGraphInputs(graph, &infos, model.inputs.count), .compileFailed, "inputs were refused")
        }
    }

    private func setOutputs(_ model: ONNXModel, of graph: OpaquePointer) throws {
        try withInfos(model.outputs) { infos in
            try library.check(
                functions.SetGraphOutputs(graph, &infos, model.outputs.count), .compileFailed, "outputs were refused")
        }
    }

    /// Names and types, which `body` hands over: those it has not are released.
    private func withInfos(_ tensors: [ONNXModel.Tensor], _ body: (inout [OpaquePointer?]) throws -> Void) throws {
        var infos: [OpaquePointer?] = []
        do {
            for tensor in tensors { infos.append(try makeInfo(tensor)) }
            try body(&infos)
        } catch {
            for info in infos { if let info { functions.ReleaseValueInfo(info) } }
            throw error
        }
    }

    private func makeInfo(_ tensor: ONNXModel.Tensor) throws -> OpaquePointer {
        let shape: OpaquePointer = try made("shape") { functions.CreateTensorTypeAndShapeInfo($0) }
        defer { functions.ReleaseTensorTypeAndShapeInfo(shape) }
        let dimensions = tensor.shape.dimensions.map(Int64.init)
        try library.check(
            functions.SetTensorElementType(shape, tensor.type.dataType.onnxCode), .compileFailed, "no type")
        try library.check(functions.SetDimensions(shape, dimensions, dimensions.count), .compileFailed, "no shape")
        let type: OpaquePointer = try made("type") { functions.CreateTensorTypeInfo(shape, $0) }
        defer { functions.ReleaseTypeInfo(type) }
        return try made("value") { functions.CreateValueInfo(tensor.name, type, $0) }
    }

    private func add(
        _ initializer: ONNXModel.Initializer, _ constants: UnsafeMutableRawBufferPointer, to graph: OpaquePointer
    ) throws {
        let type = initializer.tensor.type
        let bytes = UnsafeMutableRawBufferPointer(
            rebasing: constants[initializer.offset..<initializer.offset + type.byteCount])
        let isExternal = type.byteCount >= Self.smallestExternal && type.dataType.isFloatingPoint
        let value =
            isExternal
            ? try library.makeTensor(over: bytes, type, memoryInfo) : try library.makeTensor(copying: bytes, type)
        do {
            try library.check(
                functions.AddInitializerToGraph(graph, initializer.tensor.name, value, isExternal), .compileFailed,
                "a constant \(type) was refused")
        } catch {
            functions.ReleaseValue(value)
            throw error
        }
    }

    private func add(_ node: ONNXModel.Node, to graph: OpaquePointer) throws {
        var attributes: [OpaquePointer?] = []
        defer { for attribute in attributes { if let attribute { functions.ReleaseOpAttr(attribute) } } }
        for attribute in node.attributes { attributes.append(try make(attribute)) }
        let made: OpaquePointer = try withCStrings(node.inputs) { inputs in
            try withCStrings(node.outputs) { outputs in
                try self.made("node \(node.name)") {
                    functions.CreateNode(
                        node.operation, "", node.name, inputs, node.inputs.count, outputs, node.outputs.count,
                        &attributes, attributes.count, $0)
                }
            }
        }
        do {
            try library.check(functions.AddNodeToGraph(graph, made), .compileFailed, "\(node.name) was refused")
        } catch {
            functions.ReleaseNode(made)
            throw error
        }
    }

    private func make(_ attribute: ONNXModel.Attribute) throws -> OpaquePointer {
        switch attribute {
        case .int(let name, let number):
            var number = Int64(number)
            return try made(name) {
                functions.CreateOpAttr(name, &number, 1, Int32(CONNXRuntime_attribute_int), $0)
            }
        case .ints(let name, let numbers):
            let numbers = numbers.map(Int64.init)
            return try made(name) {
                functions.CreateOpAttr(name, numbers, Int32(numbers.count), Int32(CONNXRuntime_attribute_ints), $0)
            }
        case .float(let name, var number):
            return try made(name) {
                functions.CreateOpAttr(name, &number, 1, Int32(CONNXRuntime_attribute_float), $0)
            }
        case .string(let name, let text):
            return try made(name) {
                functions.CreateOpAttr(
                    name, text, Int32(text.utf8.count), Int32(CONNXRuntime_attribute_string), $0)
            }
        }
    }

    private func made(
        _ what: String, _ make: (UnsafeMutablePointer<OpaquePointer?>) -> CONNXRuntime_result?
    ) throws -> OpaquePointer {
        try library.made(.compileFailed, "no \(what) could be made", make)
    }
}

/// Calls `body` with the strings as C has them.
func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) throws -> Result
) throws -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    // An empty array has no address that may be passed on.
    let pointers = copies.map { UnsafePointer($0) } + [nil]
    return try pointers.withUnsafeBufferPointer { buffer in
        guard let start = buffer.baseAddress else { throw EngineError(.compileFailed, "out of memory") }
        return try body(start)
    }
}
