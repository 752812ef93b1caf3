// Package evidence proves on real servers that what a passkey has proven, and
// what the policy asks for, holds on every node and at every time: after a
// revision, after other metadata, after a crash. It refuses to look into a
// database: what it knows it knows from answers.
package evidence
