package authority

import (
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/person"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func somebody(r person.Role, ends time.Time) person.Record {
	return person.Record{ID: "per_ada", Name: "Ada", Status: person.Active, Role: r, RoleEnds: ends}
}

func TestRoles(t *testing.T) {
	for _, c := range []struct {
		name    string
		who     person.Record
		has     []Scope
		hasNot  []Scope
		nothing bool
	}{
		{"administrator", somebody(person.Administrator, time.Time{}), All(), nil, false},
		{"help desk", somebody(person.HelpDesk, time.Time{}), []Scope{PeopleRead, InvitationsWrite, CredentialsWrite},
			[]Scope{CredentialsRemove, RolesWrite, PeopleWrite, GroupsWrite, AppsWrite, TokensWrite, SettingsWrite, KeysWrite, AuditRead}, false},
		{"auditor", somebody(person.Auditor, noon.Add(time.Hour)), []Scope{AuditRead, PeopleRead, TokensRead}, []Scope{PeopleWrite, InvitationsWrite, SessionsWrite}, false},
		{"auditor, when it is over", somebody(person.Auditor, noon), nil, nil, true},
		{"member", somebody(person.Member, time.Time{}), nil, nil, true},
		{"a role that nobody knows", somebody("root", time.Time{}), nil, nil, true},
		{"suspended administrator", person.Record{Status: person.Suspended, Role: person.Administrator}, nil, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := OfPerson(c.who, noon)
			if h.Empty() != c.nothing {
				t.Errorf("holds %v", h.Strings())
			}
			for _, s := range c.has {
				if !h.Has(s) {
					t.Errorf("lacks %s", s)
				}
			}
			for _, s := range c.hasNot {
				if h.Has(s) {
					t.Errorf("holds %s", s)
				}
			}
		})
	}
	for _, s := range OfRole(person.Auditor).Scopes() {
		if !s.Reads() {
			t.Errorf("an auditor may %s", s)
		}
	}
}

func TestNobodyRaises(t *testing.T) {
	desk := OfRole(person.HelpDesk)
	for name, err := range map[string]error{
		"a help desk over an administrator": desk.Over(somebody(person.Administrator, time.Time{}), noon),
		"a help desk over an auditor":       desk.Over(somebody(person.Auditor, noon.Add(1)), noon),
		"a help desk over a help desk":      desk.Over(somebody(person.HelpDesk, time.Time{}), noon),
		"giving what one lacks":             desk.MayGive(Of(PeopleRead, RolesWrite)),
	} {
		if holdfast.KindOf(err) != holdfast.Denied {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"a help desk over a member":              desk.Over(somebody(person.Member, time.Time{}), noon),
		"a help desk over who was an auditor":    desk.Over(somebody(person.Auditor, noon), noon),
		"an administrator over an administrator": Everything().Over(somebody(person.Administrator, time.Time{}), noon),
		"giving a part":                          desk.MayGive(Of(PeopleRead)),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := desk.Both(Of(PeopleRead, RolesWrite)); got.Has(RolesWrite) || !got.Has(PeopleRead) {
		t.Errorf("both: %v", got.Strings())
	}
}

func TestParse(t *testing.T) {
	if _, err := Parse([]string{"people:read", "people:rule"}); holdfast.CodeOf(err) != "scope_unknown" {
		t.Error(err)
	}
	h, err := Parse([]string{"people:read", "people:read"})
	if err != nil || len(h.Scopes()) != 1 {
		t.Error(h, err)
	}
}
