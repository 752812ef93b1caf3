package census

import (
	"time"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
)

// Limit is how many minimal sets are kept at each node.
const Limit = 64

// Census is all accounts by shape. New makes it.
type Census struct{}

// New is a census of nobody.
func New(at time.Time) *Census { return &Census{} }

// Policy puts another policy in force. nil: none, and nobody is covered.
func (c *Census) Policy(p *policy.Policy) {}

// Powers says what powers are declared: all of them, those of before are
// forgotten.
func (c *Census) Powers(records []surroundings.Record) {}

// Put notes an account as it is now, in place of what was known of it.
func (c *Census) Put(h rules.Held) {}

// Remove forgets an account.
func (c *Census) Remove(id holdfast.PersonID) {}

// Settle makes everything count that was noted since, at a moment not before the
// last one.
func (c *Census) Settle(at time.Time) {}

// Wants lists accounts of which the census has kept too little: they have gained
// power over others since they were put (the policy names their group, somebody
// names them as sponsor). Put them again, then Settle. Until then they count as
// unknown, that is, as worth nothing.
func (c *Census) Wants() []holdfast.PersonID { return nil }

// Due is the next moment at which something changes by time alone: Settle then.
// Zero: never.
func (c *Census) Due() time.Time { return time.Time{} }

// Len is how many accounts there are.
func (c *Census) Len() int { return 0 }

// Of is one account.
func (c *Census) Of(id holdfast.PersonID) (Standing, bool) { return Standing{}, false }

// Each lists accounts by id, at most limit of them, from behind after on. next
// asks for more; empty: there are no more.
func (c *Census) Each(f Filter, after holdfast.PersonID, limit int) (list []Standing, next holdfast.PersonID) {
	return nil, ""
}

// Organisation is what all accounts share, as of the last Settle: for answers
// about one account. It must not be changed.
func (c *Census) Organisation() *rules.Organisation { return &rules.Organisation{} }

// Blast is what falls with given, atoms and nodes of the core, or devices that
// several people use; its list of ids begins behind after and has at most limit.
func (c *Census) Blast(given []string, after holdfast.PersonID, limit int) Blast { return Blast{} }

// Top lists the n greatest blasts of single atoms and nodes of the core, powers
// over everything included: by privileged accounts, then weight, then name.
func (c *Census) Top(n int) []Toppled { return nil }

// Overview counts everybody.
func (c *Census) Overview() Overview { return Overview{} }

// Residual lists who left and whose things still open a session, by id.
func (c *Census) Residual() []Leaver { return nil }

// Count says what a change of the graphs would do: change is given the core's
// graph and each shape's own, and returns what takes its place. In the graph of a
// shape the account's own things go under other names ("a", "c1"): a change must
// tell edges by their Rule, label and of what they were made, not by those ids.
func (c *Census) Count(change func(exposure.Graph) exposure.Graph) Counted { return Counted{} }
