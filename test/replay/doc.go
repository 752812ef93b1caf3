// Package replay makes the exposure model honest: a test organisation on a real
// server, every minimal set of every account of it turned into an attack that
// is really carried out, with software authenticators over HTTP, and every set
// that the model holds for harmless tried likewise. Exactly those that the model
// names succeed, and no session is worth more than the evidence that opened it
// or less than what the policy asks.
//
// An attack is one way to go, written once (attack.go), and says what it takes.
// Each is carried out once, on the server's real binary with a copy of the
// organisation's data folder, which is thrown away as soon as anything in it was
// changed: a server starts in a tenth of a second. What came of it then answers
// for every set of things that allows it, so that all single things and all
// pairs are tried without being played again.
//
// It refuses to take a procedure for carried out because the model has an edge
// for it: the table in table.go says of each rule whether an attack goes it,
// whether it lies outside of Holdfast, or that the server does not carry it out
// yet, and a rule that the table does not know fails the test.
package replay
