package apitoken

import (
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/person"
)

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	ada  = person.Record{ID: "per_ada", Name: "Ada", Status: person.Active, Role: person.Administrator}
	by   = holdfast.Actor{Kind: holdfast.ActorPerson, ID: "per_ada"}
)

func TestCreateRefuses(t *testing.T) {
	desk := ada
	desk.Role = person.HelpDesk
	for _, c := range []struct {
		name  string
		n     New
		owner person.Record
		holds authority.Set
		code  string
	}{
		{"no name", New{Scopes: []string{"people:read"}}, ada, authority.Everything(), "token_name"},
		{"no scope", New{Name: "x"}, ada, authority.Everything(), "token_scopes"},
		{"a scope that is none", New{Name: "x", Scopes: []string{"root"}}, ada, authority.Everything(), "scope_unknown"},
		{"too long a life", New{Name: "x", Scopes: []string{"people:read"}, Life: LifeMax + 1}, ada, authority.Everything(), "token_life"},
		{"a life below nothing", New{Name: "x", Scopes: []string{"people:read"}, Life: -time.Hour}, ada, authority.Everything(), "token_life"},
		{"more than the maker holds", New{Name: "x", Scopes: []string{"roles:write"}}, ada, authority.OfRole(person.HelpDesk), "scope_not_yours"},
		{"more than the owner holds", New{Name: "x", Scopes: []string{"roles:write"}}, desk, authority.Everything(), "owner_without_scope"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, _, err := Create(c.n, c.owner, c.holds, by, noon); holdfast.CodeOf(err) != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

func TestATokenIsWorthWhatItsOwnerHolds(t *testing.T) {
	tok, secret, events, err := Create(New{Name: "sync", Scopes: []string{"people:read", "people:write"}}, ada, authority.Everything(), by, noon)
	if err != nil || len(events) != 1 || !strings.HasPrefix(secret, Prefix) || strings.Contains(tok.SecretHash, secret) {
		t.Fatal(tok, err)
	}
	if got := tok.Holds(ada, noon); !got.Has(authority.PeopleWrite) || got.Has(authority.RolesWrite) {
		t.Errorf("holds %v", got.Strings())
	}
	demoted, gone, other := ada, ada, ada
	demoted.Role, gone.Status, other.ID = person.HelpDesk, person.Suspended, "per_eve"
	if got := tok.Holds(demoted, noon); got.Has(authority.PeopleWrite) || !got.Has(authority.PeopleRead) {
		t.Errorf("a demoted owner's token holds %v", got.Strings())
	}
	revoked, _, err := Revoke(tok, noon)
	if err != nil {
		t.Fatal(err)
	}
	for name, h := range map[string]authority.Set{
		"of a suspended owner": tok.Holds(gone, noon), "of another owner": tok.Holds(other, noon),
		"at its end": tok.Holds(ada, tok.Expires), "when revoked": revoked.Holds(ada, noon),
	} {
		if !h.Empty() {
			t.Errorf("%s a token holds %v", name, h.Strings())
		}
	}
	if _, _, err := Revoke(revoked, noon); holdfast.CodeOf(err) != "token_over" {
		t.Error(err)
	}
}
