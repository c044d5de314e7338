import ArgumentParser
package import Settings

extension EngineName: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
