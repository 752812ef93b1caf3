package page

import (
	"strconv"

	"holdfast/domain/authority"
)

// CredentialRow is one line of the inventory.
type CredentialRow struct {
	Passkey
	Person, PersonID, Email string
	Origin                  string   // by what it was enrolled, in words
	Model                   string   // of the metadata, or the provider; proven where Vouched
	MadeOn                  string   // "made on a managed device"; empty: nobody knows
	Bad                     []string // statuses of the model that are no good news
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
	Models    []Option // by the status of the model in the metadata
	Made      []Option // by the device that it was made on
	Age       int      // days since it was made; 0 is no matter
	Open      bool     // one of the filters that are folded away is set
	Any       bool     // something narrows the list
	Back      string
	Pager     Pager
	Export    Export
}

// Ages are the choices of the filter by age.
func (c *Credentials) Ages() []Option {
	return since("Of any age", "older than ", c.Age)
}

// UnusedFor are the choices of the filter by use.
func (c *Credentials) UnusedFor() []Option {
	return since("Used or not", "not in ", c.Unused)
}

// since are choices of a number of days, with the one that is asked for.
func since(any, words string, days int) []Option {
	out := []Option{{Value: "", Label: any, Chosen: days == 0}}
	known := false
	for _, n := range []int{30, 90, 180, 365} {
		out = append(out, Option{Value: strconv.Itoa(n), Label: words + strconv.Itoa(n) + " days", Chosen: days == n})
		known = known || days == n
	}
	if days > 0 && !known {
		out = append(out, Option{Value: strconv.Itoa(days), Label: words + count(days, "day", "days"), Chosen: true})
	}
	return out
}

// Can says whether who looks may do to k what takes scope.
func (c *Credentials) Can(scope authority.Scope, k CredentialRow) bool {
	return !k.Above && !k.Removed && c.May(scope)
}

func (*Credentials) name() string  { return "credentials" }
func (*Credentials) shell() string { return "console" }
