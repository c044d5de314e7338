// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]
/// Loops over pixels and tensors are unusable unoptimised, so these are optimised in debug builds as well.
let optimised: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
    name: "restyled",
    dependencies: [
    ],
    targets: [
        // The tensor-graph IR, its passes, and the engine contract.
        .target(name: "Graph", swiftSettings: optimised),
        .testTarget(name: "GraphTests", dependencies: ["Graph"], swiftSettings: strict),
    ]
)
