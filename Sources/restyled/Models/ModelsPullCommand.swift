import ArgumentParser
import Foundation
import Hub
import Weights

struct ModelsPullCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Download a model from Hugging Face into its cache.",
        discussion: """
            Takes what restyled opens a model from, of each part the smallest weights in safetensors, and goes on where an \
            earlier run stopped. Prints the folder. HF_TOKEN is for gated and private models; HF_ENDPOINT names another \
            hub; HF_HOME and HF_HUB_CACHE say where the cache is.

            restyled models pull stabilityai/sdxl-turbo
            restyled models pull ByteDance/SDXL-Lightning sdxl_lightning_1step_unet_x0.safetensors
            """)

    @Argument(help: ArgumentHelp("OWNER/NAME, or OWNER/NAME@REVISION for another than main.", valueName: "model"))
    var name: String
    @Argument(help: ArgumentHelp("Files to download in place of those a model is opened from.", valueName: "file"))
    var files: [String] = []

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        guard let cache = HubCache(environment: environment) else {
            throw UsageError("There is no Hugging Face cache without HOME; set HF_HOME to a folder.")
        }
        let pull = try ModelPull(name, from: HubEndpoint(environment: environment), into: cache)
        let reporter = PullReporter()
        defer { reporter.end() }
        let folder = try pull.run(files) { reporter.report($0) }
        reporter.end()
        print(folder)
    }
}
