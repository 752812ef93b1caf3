package policy

// For the tests of the whole way, which import what imports this package.
var (
	Long     = long
	Examples = examples
)
