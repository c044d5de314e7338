public import ArgumentParser
public import Settings

extension EngineName: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
