// Package oracle holds Holdfast's verdicts against those of another
// implementation, go-webauthn, over the vectors and thousands of mutations. It
// is a module of its own, so that nothing of go-webauthn is ever built into the
// product, and it refuses to let a disagreement pass that nobody has looked at:
// each must match an entry of disagreements.json, which says why Holdfast is
// right.
//
//	cd test/oracle && go test ./...
package oracle
