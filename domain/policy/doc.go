// Package policy is the organisation's rules in one document: who may use which
// authenticator, how strong a sign-in must be, how one is enrolled, bound and
// recovered. It reads the document strictly, compiles it, and decides.
//
// Decide is a pure function: the same policy and the same Input give the same
// Decision, byte for byte, whenever they are put together again. Package policy
// refuses to load a document that is wrong in any way, to allow what no rule
// allows, to take a claim for a proof, and to know anything that is not in its
// Input: no clock, no store, no network.
package policy
