"""dicomet against other libraries and against what the machine allows; see docs/benchmarks.md."""
