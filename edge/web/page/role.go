package page

import (
	"slices"
	"strings"
	"time"
)

// Role is what a person may do in Holdfast itself.
type Role string

const (
	NoRole        Role = ""
	Administrator Role = "administrator"
	HelpDesk      Role = "helpdesk"
	Auditor       Role = "auditor"

	AnyRole Role = "any" // of the filter: holds one
)

var roles = []Role{Administrator, HelpDesk, Auditor}

// RoleOf reads a role of the filter; what it does not know is none.
func RoleOf(text string) Role {
	if r := Role(text); r == AnyRole || slices.Contains(roles, r) {
		return r
	}
	return NoRole
}

func (r Role) String() string {
	if r == HelpDesk {
		return "help desk"
	}
	return string(r)
}

// Capital is String as the beginning of a sentence.
func (r Role) Capital() string {
	s := r.String()
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Help says in a sentence what the role is for.
func (r Role) Help() string {
	switch r {
	case Administrator:
		return "Does everything: people, roles, applications, settings and keys."
	case HelpDesk:
		return "Invites again, suspends passkeys and ends sessions of people without a role; cannot remove a passkey or change who somebody is."
	case Auditor:
		return "Sees everything, the audit log too, and changes nothing, until a day that you name."
	}
	return ""
}

// Badge shows the role; until when is for the line below.
func (r Role) Badge() Badge { return Badge{Text: r.String(), Tone: ToneNote} }

// Ending is a role with an end, as a line says it.
func (p PersonRow) Ending() time.Time {
	if p.Role == NoRole {
		return time.Time{}
	}
	return p.RoleEnds
}
