import Basics
import Logging
import Pipeline

extension Logger {
    /// Logs what a stream reports. It reports nothing with every frame.
    func tell(_ event: LiveEvent) {
        switch event {
        case .sourceOpened(let description): info("source opened", metadata: ["source": "\(description)"])
        case .sourceLost(let reason, let retryIn):
            warning("source lost", metadata: ["reason": "\(reason)", "retry_in": "\(retryIn.roundedSeconds)"])
        case .outputOpened(let name): info("output opened", metadata: ["output": "\(name)"])
        case .outputLost(let name, let reason, let retryIn):
            warning(
                "output lost",
                metadata: ["output": "\(name)", "reason": "\(reason)", "retry_in": "\(retryIn.roundedSeconds)"])
        case .note(let text): notice("\(text)")
        case .framesFailed(let reason, let count):
            warning("frames were lost", metadata: ["reason": "\(reason)", "count": "\(count)"])
        case .seatLost(let reason, let device, let left):
            error(
                "a device is lost; the others go on",
                metadata: ["device": "\(device)", "left": "\(left)", "reason": "\(reason)"])
        // Ends the daemon, which says why.
        case .deviceLost: break
        case .stateChanged(let state):
            info("now \(state.kind.rawValue)", metadata: state.reason.map { ["reason": "\($0)"] })
        }
    }
}

extension Duration {
    fileprivate var roundedSeconds: String { "\((inSeconds * 10).rounded() / 10) s" }
}
