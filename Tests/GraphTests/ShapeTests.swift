import Testing

@testable import Graph

@Suite struct ShapeTests {
    @Test func broadcastsAsNumPyDoes() {
        #expect(Shape([2, 3, 1]).broadcast(with: [3, 4]) == [2, 3, 4])
        #expect(Shape([5]).broadcast(with: [2, 3]) == nil)
        #expect(Shape([1]).broadcast(with: []) == [1])
    }
}
