package page

import (
	"strconv"

	"holdfast/domain/authority"
)

// CredentialRow is one line of the inventory.
type CredentialRow struct {
	Passkey
	Person, PersonID, Email string
	Origin                  string // by what it was enrolled, in words
	Removed                 bool
	Above                   bool // its owner holds a role, and who looks may not touch such people
}

// Badges are the state, beside where it lives.
func (c CredentialRow) State() Badge {
	switch {
	case c.Removed:
		return Badge{Text: "removed", Tone: ToneAlarm}
	case c.Suspended:
		return Badge{Text: "suspended", Tone: ToneWarn}
	}
	return Badge{Text: "active", Tone: ToneGood}
}

// Credentials is the inventory of passkeys, filtered by its address. Each
// choice says how many there are with what is chosen beside it.
type Credentials struct {
	Frame
	Rows      []CredentialRow
	Query     string // typed
	Unused    int    // days; 0 is no matter
	Statuses  []Option
	Places    []Option
	Providers []Option
	Origins   []Option
	Any       bool // something narrows the list
	Back      string
	Pager     Pager
	Export    Export
}

// UnusedFor are the choices of the filter by use.
func (c *Credentials) UnusedFor() []Option {
	out := []Option{{Value: "", Label: "Used or not", Chosen: c.Unused == 0}}
	known := false
	for _, n := range []int{30, 90, 180, 365} {
		out = append(out, Option{Value: strconv.Itoa(n), Label: "not in " + strconv.Itoa(n) + " days", Chosen: c.Unused == n})
		known = known || c.Unused == n
	}
	if c.Unused > 0 && !known {
		out = append(out, Option{Value: strconv.Itoa(c.Unused), Label: "not in " + count(c.Unused, "day", "days"), Chosen: true})
	}
	return out
}

// Can says whether who looks may do to k what takes scope.
func (c *Credentials) Can(scope authority.Scope, k CredentialRow) bool {
	return !k.Above && !k.Removed && c.May(scope)
}

func (*Credentials) name() string  { return "credentials" }
func (*Credentials) shell() string { return "console" }
