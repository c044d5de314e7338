import Basics
import Settings
import Testing

/// A clock that tests move by hand.
private func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: 5_000_000_000 + Int64(seconds * 1e9)) }

@Suite struct TransitionTests {
    private func change(_ assignments: String...) throws -> SettingsChange {
        try SettingsChange(assignments: assignments)
    }

    @Test func aChangeWithoutTransitionIsWholeAtOnce() throws {
        var transition = Transition(StreamSettings())
        transition.apply(try change("strength=1", "prompt=snow", "seed=7"), over: .zero, at: at(0))
        let snapshot = transition.snapshot(at: at(0))
        #expect(snapshot.settings == transition.target)
        #expect(snapshot.prompt == .prompt(Prompt("snow")))
        #expect(snapshot.version == 2)
        #expect(!snapshot.isInTransition)
    }

    @Test func strengthAndBlendMoveLinearly() throws {
        var transition = Transition(StreamSettings().applying(try change("strength=0.2", "blend=1")))
        transition.apply(try change("strength=0.6", "blend=0", "control_scale=2"), over: .seconds(4), at: at(0))
        let middle = transition.snapshot(at: at(1)).settings
        #expect(middle.controlScale == 1.25)
        #expect(abs(middle.strength - 0.3) < 1e-12)
        #expect(abs(middle.blend - 0.75) < 1e-12)
        #expect(transition.snapshot(at: at(-1)).settings.strength == 0.2)
        #expect(transition.snapshot(at: at(3.999)).isInTransition)
        #expect(!transition.snapshot(at: at(4)).isInTransition)
        #expect(transition.snapshot(at: at(4)).settings.strength == 0.6)
    }

    @Test func whatIsNotContinuousChangesAtOnce() throws {
        var transition = Transition(StreamSettings())
        transition.apply(try change("seed=9", "steps=3", "paused=true", "prompt=snow"), over: .seconds(2), at: at(0))
        let settings = transition.snapshot(at: at(0)).settings
        #expect(settings.seed == 9 && settings.steps == 3 && settings.paused)
        #expect(settings.prompt == Prompt("snow"))
        #expect(transition.snapshot(at: at(0)).prompt == .prompt(Prompt("")))
    }

    @Test func promptsTurnIntoOneAnother() throws {
        var transition = Transition(StreamSettings().applying(try change("prompt=a")))
        transition.apply(try change("prompt=b"), over: .seconds(2), at: at(0))
        let (a, b) = (PromptBlend.prompt(Prompt("a")), PromptBlend.prompt(Prompt("b")))
        #expect(transition.snapshot(at: at(0.5)).prompt == .slerp(a, b, progress: 0.25))
        // A third prompt on the way: from the very point that was reached.
        transition.apply(try change("prompt=c"), over: .seconds(1), at: at(1))
        let c = PromptBlend.prompt(Prompt("c"))
        #expect(transition.snapshot(at: at(1)).prompt == .slerp(a, b, progress: 0.5))
        #expect(transition.snapshot(at: at(1.5)).prompt == .slerp(.slerp(a, b, progress: 0.5), c, progress: 0.5))
        #expect(transition.snapshot(at: at(1.5)).prompt.prompts == [Prompt("a"), Prompt("b"), Prompt("c")])
        #expect(transition.snapshot(at: at(2)).prompt == c)
    }

    @Test func anotherKeyLeavesATransitionAlone() throws {
        var transition = Transition(StreamSettings().applying(try change("strength=0")))
        transition.apply(try change("strength=1"), over: .seconds(10), at: at(0))
        transition.apply(try change("seed=3"), over: .zero, at: at(5))
        #expect(transition.snapshot(at: at(5)).settings.strength == 0.5)
        #expect(transition.snapshot(at: at(7.5)).settings.strength == 0.75)
        transition.apply(try change("strength=0"), over: .seconds(1), at: at(7.5))
        #expect(transition.snapshot(at: at(8)).settings.strength == 0.375)
    }

    @Test func nestingIsBounded() throws {
        func depth(_ blend: PromptBlend) -> Int {
            guard case .slerp(let from, let to, _) = blend else { return 0 }
            return 1 + max(depth(from), depth(to))
        }
        var transition = Transition(StreamSettings())
        for index in 0..<1000 {
            transition.apply(try change("prompt=p\(index)"), over: .seconds(100), at: at(Double(index)))
            #expect(depth(transition.snapshot(at: at(Double(index) + 0.5)).prompt) <= 4)
        }
        #expect(transition.snapshot(at: at(1100)).prompt == .prompt(Prompt("p999")))
    }

    @Test func hugeAndNegativeDurationsAndOldClocks() throws {
        var transition = Transition(StreamSettings())
        let end = MonotonicTime(nanoseconds: .max - 1)
        transition.apply(try change("strength=1"), over: .seconds(Int64.max), at: end)
        #expect(transition.snapshot(at: end).settings.strength >= 0.5)
        transition.apply(try change("strength=0.25"), over: .seconds(-5), at: end)
        #expect(transition.snapshot(at: end).settings.strength == 0.25)
    }
}
