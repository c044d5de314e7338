// What libFuzzer calls; compiled by ./run only, together with FuzzTarget.swift.
@_cdecl("LLVMFuzzerTestOneInput")
package func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
