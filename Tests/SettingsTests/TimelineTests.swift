import Basics
import Settings
import Testing

@Suite struct TimelineTests {
    @Test func reads() throws {
        let timeline = try Timeline(
            parsing: """
                # a night falls
                - at: 00:10
                  prompt: neon city
                  strength: 0.6
                  transition: 3s
                - at: 1:02:03.5
                  prompt: '"oil painting":0.7, "snow":0.3'
                - {at: 3724, frame_rate: 30, transition: 500ms}
                """, file: "night.yaml")
        #expect(timeline.entries.map(\.time) == [.seconds(10), .milliseconds(3_723_500), .seconds(3724)])
        #expect(timeline.entries.map(\.transition) == [.seconds(3), .zero, .milliseconds(500)])
        #expect(timeline.entries[0].change == (try SettingsChange(assignments: ["prompt=neon city", "strength=0.6"])))
        #expect(
            timeline.entries[1].change[.prompt]
                == .prompt(try Prompt(parsing: #""oil painting":0.7, "snow":0.3"#)))
    }

    @Test(arguments: [
        ("", "t.yaml: the timeline is empty"),
        ("at: 1", "t.yaml:1: a timeline must be a list"),
        ("- at: 1\n  prompt: a\n- at: 1\n  prompt: b", "t.yaml:3: this entry is not later"),
        ("- prompt: a", "t.yaml:1: this entry does not say when"),
        ("- at: 5", "t.yaml:1: this entry changes nothing"),
        ("- at: 5\n  promt: a", "t.yaml:2: there is no key \"promt\"; did you mean \"prompt\"?"),
        ("- at: 5\n  strength: 3", "t.yaml:2: strength is 3; allowed is a number from 0 to 1"),
        ("- at: soon\n  seed: 1", "t.yaml:1: at is soon; allowed is a time such as 00:10"),
        ("- at: 00:75\n  seed: 1", "t.yaml:1: at is 00:75"),
        ("- at: -1\n  seed: 1", "t.yaml:1: at is -1"),
        ("- at: 5\n  seed: 1\n  transition: fast", "t.yaml:3: transition is fast; allowed is a duration"),
        ("- at: 5\n  seed: [1]", "t.yaml:2: seed must be a single value"),
        ("- at: 5\n  seed: 1\n  seed: 2", "the key \"seed\" is there twice"),
        ("- at: [", "t.yaml:"),
        ("- just words", "t.yaml:1: an entry must be keys with values"),
        ("- &a {at: 1, seed: 1}\n- *a", "t.yaml:"),
    ])
    func errorsNameTheLine(text: String, sentence: String) {
        let error = #expect(throws: SettingsError.self) { try Timeline(parsing: text, file: "t.yaml") }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("10", 10.0), ("2.5", 2.5), ("500ms", 0.5), ("3s", 3), ("2min", 120), ("1h", 3600), ("01:30", 90),
        ("1:02:03.5", 3723.5),
    ])
    func durations(text: String, seconds: Double) { #expect(Duration(parsing: text)?.inSeconds == seconds) }

    @Test(arguments: [
        "", "s", "-3", "1:60", "1:2:3:4", "1:x", "nan", "inf", "1e3", "1.5:00", "99999999999", "1..2", "0x10",
    ])
    func notDurations(text: String) { #expect(Duration(parsing: text) == nil) }
}
