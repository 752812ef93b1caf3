package page

import (
	"slices"
	"time"

	"holdfast/domain/authority"
)

// TokenRow is one line of the list of API tokens.
type TokenRow struct {
	ID, Name string // Name is what it is for
	Owner    Link
	By       Link // who made it
	Scopes   []string
	Created  time.Time
	Ends     time.Time
	Revoked  time.Time
	LastUsed time.Time
	Live     bool
	Above    bool // its owner holds a role, and who looks may not touch such people
}

// State says whether it works.
func (t TokenRow) State() Badge {
	switch {
	case t.Live:
		return Badge{Text: "works", Tone: ToneGood}
	case !t.Revoked.IsZero():
		return Badge{Text: "revoked", Tone: ToneWarn}
	}
	return Badge{Text: "ended", Tone: ToneNote}
}

// Tokens lists the tokens of programs, and makes them.
type Tokens struct {
	Frame
	Rows   []TokenRow
	State  string // filter: "", "live", "over"
	Own    bool   // filter: one's own only
	Pager  Pager
	Export Export

	Name   string // typed, where Errors is set
	Ends   string
	Chosen []string
	Errors Errors
}

// States are the choices of the state filter.
func (t *Tokens) States() []Option {
	return []Option{{Value: "", Label: "Any state", Chosen: t.State == ""}, {Value: "live", Label: "works", Chosen: t.State == "live"},
		{Value: "over", Label: "ended or revoked", Chosen: t.State == "over"}}
}

// Filtered says whether anything narrows the list.
func (t *Tokens) Filtered() bool { return t.State != "" || t.Own }

// Making are the inputs of the form, save the scopes.
func (t *Tokens) Making() []Field {
	return atFirstError([]Field{
		{Name: "name", Label: "What it is for", Value: t.Name, Required: true, Autocomplete: "off", Error: t.Errors["name"],
			Placeholder: "Nightly import from the staff directory"},
		{Name: "ends", Label: "Works until the end of", Type: "date", Value: t.Ends, Required: true, Error: t.Errors["ends"],
			Help: "At most a year from now. Make a new one before, and revoke this one."},
	})
}

// ScopeGroup is what can be done to one kind of thing.
type ScopeGroup struct {
	Thing  string
	Scopes []Option
}

// ScopeGroups are the scopes that who looks holds, and can give.
func (t *Tokens) ScopeGroups() []ScopeGroup {
	var out []ScopeGroup
	for _, s := range authority.All() {
		if !t.May(s) {
			continue
		}
		thing, words := scopeWords(s)
		if n := len(out); n == 0 || out[n-1].Thing != thing {
			out = append(out, ScopeGroup{Thing: thing})
		}
		last := &out[len(out)-1]
		last.Scopes = append(last.Scopes, Option{Value: string(s), Label: words, Chosen: slices.Contains(t.Chosen, string(s))})
	}
	return out
}

// scopeWords says what a scope lets somebody do, and to what.
func scopeWords(s authority.Scope) (thing, words string) {
	switch s {
	case authority.PeopleRead:
		return "People", "see people"
	case authority.PeopleWrite:
		return "People", "add, change, suspend"
	case authority.PeopleErase:
		return "People", "erase"
	case authority.GroupsRead:
		return "Groups", "see groups"
	case authority.GroupsWrite:
		return "Groups", "make, rename, remove, fill"
	case authority.InvitationsRead:
		return "Invitations", "see invitations"
	case authority.InvitationsWrite:
		return "Invitations", "invite, withdraw"
	case authority.CredentialsRead:
		return "Passkeys", "see passkeys"
	case authority.CredentialsWrite:
		return "Passkeys", "suspend, allow again"
	case authority.CredentialsRemove:
		return "Passkeys", "remove"
	case authority.SessionsRead:
		return "Sessions", "see sessions"
	case authority.SessionsWrite:
		return "Sessions", "end"
	case authority.AppsRead:
		return "Applications", "see applications"
	case authority.AppsWrite:
		return "Applications", "add, change, remove"
	case authority.AuditRead:
		return "Audit", "read the log"
	case authority.TokensRead:
		return "API tokens", "see tokens"
	case authority.TokensWrite:
		return "API tokens", "make, revoke"
	case authority.RolesWrite:
		return "Roles", "give and take roles"
	case authority.SettingsRead:
		return "Settings", "see settings"
	case authority.SettingsWrite:
		return "Settings", "change settings"
	case authority.KeysWrite:
		return "Keys", "roll the signing keys over"
	case authority.SurroundingsRead:
		return "Surroundings", "see what is declared"
	case authority.SurroundingsWrite:
		return "Surroundings", "declare, change, withdraw"
	case authority.PolicyRead:
		return "Policy", "see the policy, its decisions and what it rests on"
	case authority.PolicyWrite:
		return "Policy", "propose and apply changes"
	case authority.PolicyApprove:
		return "Policy", "approve changes of others"
	case authority.DevicesRead:
		return "Devices", "see the organisation’s devices"
	case authority.DevicesWrite:
		return "Devices", "report devices"
	case authority.ExposureRead:
		return "Exposure", "see who can get at accounts"
	}
	return "Other", string(s)
}

// TokenMade shows a new token, once.
type TokenMade struct {
	Frame
	Row   TokenRow
	Value string
}

// Secret is the token as a one-time secret.
func (t *TokenMade) Secret() Secret {
	return Secret{ID: "token", Label: "API token", Value: t.Value,
		Note: "Shown only now. Whoever has it can do what stands below: keep it in a file that only the program can read."}
}

// Use is how a program on another machine uses it.
func (t *TokenMade) Use() Code {
	return Code{ID: "use", Title: "In the program", Text: "Authorization: Bearer <the token>"}
}

func (*Tokens) name() string    { return "tokens" }
func (*TokenMade) name() string { return "tokenmade" }

func (*Tokens) shell() string    { return "console" }
func (*TokenMade) shell() string { return "console" }
