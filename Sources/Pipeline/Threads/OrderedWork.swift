/// Work for several seats: handed out first in, first out, and what they make of it taken in the same order. Nothing gets
/// lost: a seat that can't finish gives its piece back.
struct OrderedWork<Work: Sendable, Product: Sendable>: Sendable {
    /// A piece of work, and its place in the order.
    struct Piece: Sendable {
        let number: Int64
        let work: Work
    }

    /// What one who asks gets.
    enum Answer<Value> {
        case ready(Value)
        /// Something else has to happen first.
        case wait
        case end
    }

    private enum Phase {
        case open
        /// Nothing more is put in.
        case finished
        /// Nothing more is begun: a piece has failed, or its product is not wanted.
        case stopped
    }

    /// Pieces between the one that puts in and the one that takes out.
    let capacity: Int
    private var phase = Phase.open
    private var waiting: [Piece] = []
    private var working = 0
    private var products: [Int64: Product] = [:]
    /// Numbers of the next piece that is put in, and of the next product that is taken.
    private var (end, begin): (Int64, Int64) = (0, 0)

    init(capacity: Int) { self.capacity = capacity }

    // MARK: Putting in

    mutating func put(_ work: Work) -> Answer<Void> {
        let place = nextPlace()
        if case .ready(let number) = place { waiting.append(Piece(number: number, work: work)) }
        return place.map { _ in () }
    }

    /// What needs no work, and only keeps its place.
    mutating func put(product: Product) -> Answer<Void> {
        let place = nextPlace()
        if case .ready(let number) = place { products[number] = product }
        return place.map { _ in () }
    }

    private mutating func nextPlace() -> Answer<Int64> {
        guard case .open = phase else { return .end }
        guard end - begin < capacity else { return .wait }
        defer { end += 1 }
        return .ready(end)
    }

    /// Nothing more will be put in; what is there is still worked on.
    mutating func finish() { if case .open = phase { phase = .finished } }

    // MARK: Working

    /// The oldest piece that no seat has.
    mutating func take() -> Answer<Piece> {
        if case .stopped = phase { return .end }
        if !waiting.isEmpty {
            working += 1
            return .ready(waiting.removeFirst())
        }
        // A piece that is worked on may come back.
        if case .finished = phase, working == 0 { return .end }
        return .wait
    }

    mutating func finish(_ piece: Piece, _ product: Product) {
        working -= 1
        products[piece.number] = product
    }

    /// Puts the piece back for another seat.
    /// - Returns: whether another will be able to take it; it is lost if not.
    mutating func giveBack(_ piece: Piece) -> Bool {
        working -= 1
        if case .stopped = phase { return false }
        waiting.insert(piece, at: waiting.firstIndex { $0.number > piece.number } ?? waiting.count)
        return true
    }

    /// Gives up a piece that failed, and with it what comes after it.
    mutating func fail(_ piece: Piece) -> [Work] {
        working -= 1
        return stop()
    }

    /// Begins nothing more; products that are in order can still be taken.
    /// - Returns: what was waiting.
    mutating func stop() -> [Work] {
        phase = .stopped
        defer { waiting = [] }
        return waiting.map(\.work)
    }

    // MARK: Taking out

    /// The oldest product that was not taken.
    mutating func next() -> Answer<Product> {
        if let product = products.removeValue(forKey: begin) {
            begin += 1
            return .ready(product)
        }
        if case .open = phase { return .wait }
        return working == 0 && waiting.isEmpty ? .end : .wait
    }
}

extension OrderedWork.Answer {
    func map<Other>(_ transform: (Value) -> Other) -> OrderedWork.Answer<Other> {
        switch self {
        case .ready(let value): .ready(transform(value))
        case .wait: .wait
        case .end: .end
        }
    }
}

/// `OrderedWork` between threads, which wait for each other: one puts in, several work, one takes out.
///
/// Blocks, so it belongs between threads of one's own, never on Swift's cooperative pool.
final class WorkQueue<Work: Sendable, Product: Sendable>: Sendable {
    typealias Order = OrderedWork<Work, Product>
    private let order: Monitor<Order>

    init(capacity: Int) { order = Monitor(Order(capacity: capacity)) }

    /// Waits for room. False where nothing more is wanted.
    func put(_ work: Work) -> Bool { wait { $0.put(work) } != nil }
    func put(product: Product) -> Bool { wait { $0.put(product: product) } != nil }
    func finish() { order.withLockNotifying { $0.finish() } }

    /// Waits for a piece. Nil where there will be none.
    func take() -> Order.Piece? { wait { $0.take() } }
    func finish(_ piece: Order.Piece, _ product: Product) { order.withLockNotifying { $0.finish(piece, product) } }
    func giveBack(_ piece: Order.Piece) -> Bool { order.withLockNotifying { $0.giveBack(piece) } }
    func fail(_ piece: Order.Piece) -> [Work] { order.withLockNotifying { $0.fail(piece) } }
    func stop() -> [Work] { order.withLockNotifying { $0.stop() } }

    /// Waits for a product. Nil where there will be none.
    func next() -> Product? { wait { $0.next() } }

    private func wait<Value>(_ ask: (inout Order) -> Order.Answer<Value>) -> Value? {
        order.wait { order in
            switch ask(&order) {
            case .ready(let value): .done(value)
            case .wait: .retry(at: nil)
            case .end: .done(nil)
            }
        }
    }
}
