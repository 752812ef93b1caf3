// Package exposure answers who can reconstitute what. Access is a graph: atoms
// are things that somebody would have to obtain (a password, a key, a dishonest
// operator), edges are procedures that turn some of them into something else (a
// session, a copy of a passkey, an operator's act). From the graph it computes,
// exactly, every minimal set of atoms that gives access, what the weakest of
// them is worth, and what falls when something falls.
//
// It refuses to know where edges come from (package rules does), to count belief,
// delay or notice as a factor, and to take what nobody has said for good: an
// unknown is worth nothing.
package exposure
