// Package rules says which edges of the exposure graph follow from what the
// organisation holds: one rule for each kind of fact, each by itself. A fact
// that is added adds exactly the edges of its rule.
//
// It refuses to guess: what nobody has said is an unknown atom that names what
// to go and learn, and a synced passkey, or one of which nothing is proven, is
// never worth more than the account that syncs it.
package rules

import (
	"strconv"

	"holdfast/domain/exposure"
)

// Session is the node of being signed in as a person: the goal.
func Session(person string) string { return "session:" + person }

// Nodes and atoms of an account and of what is shared. Names are stable: they
// are in answers, findings and what people type.
func Act(person string) string          { return "act:" + person }                            // somebody with a power uses it for the attacker
func Bind(person string) string         { return "bind:" + person }                           // a new passkey for the person
func Corrupt(person string) string      { return "corrupt:" + person }                        // atom: dishonest
func Key(credential string) string      { return "key:" + credential }                        // atom: a proven hardware key
func Passkey(credential string) string  { return "passkey:" + credential }                    // atom: a passkey that may be copied, on a device of its owner
func Unlock(credential string) string   { return "unlock:" + credential }                     // atom: its PIN, or what the device asks
func Restored(credential string) string { return "restored:" + credential }                   // node: a copy on a device of the attacker
func Sync(account string) string        { return "sync:" + account }                          // node: signed in at a sync account (a surroundings id, or PROVIDER/PERSON where none is declared)
func Inbox(person string) string        { return "inbox:" + person }                          // node: reads the person's mail
func Number(person string) string       { return "number:" + person }                         // node: gets what is sent to the person's telephone number
func Power(record string) string        { return "power:" + record }                          // node: a declared power is used for the attacker
func Deceived(procedure string) string  { return "deceive:" + procedure }                     // atom: a story that is believed
func Passes(procedure string) string    { return "proof:" + procedure }                       // atom: passing its proof of identity
func Pooled(party string, k int) string { return "pool:" + strconv.Itoa(k) + "-of-" + party } // atom: k dishonest people of a pool

// Of builds the edges of one account: what leads to its session from its own
// atoms and from the nodes of the core.
//
//	func (o *Organisation) Of(a Account) exposure.Graph
//
// Core builds the edges of the core: everybody's in o.Core, and the powers.
//
//	func (o *Organisation) Graph() exposure.Graph
//
// Whole is both, for one account: Core people bring everything with them.
//
//	func (o *Organisation) Whole(a Account) exposure.Graph
//
// From reads an account.
//
//	func (o *Organisation) From(h Held) Account
//
// IsCore says whether an account belongs into Core: a role, a token, a place in
// a pool that a procedure names, a declared power, or somebody's sponsor where a
// procedure takes the sponsor's word.
//
//	func IsCore(p *policy.Policy, h Held, powers []surroundings.Record) bool
//
// Canon is the account with everything of its own under another name: two
// accounts with the same canonical form have the same graph, up to names. Slots
// are the names that were replaced, by the new one. What varies without changing
// any edge (names, days since, sign counters) is gone.
//
//	func Canon(a Account) (canonical Account, slots map[string]string)
//
// Shape is a text that is equal for equal canonical forms, the segment and
// everything else that edges depend on included, User left out.
//
//	func Shape(canonical Account) string
var _ = exposure.Graph{}
