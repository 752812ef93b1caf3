package examples

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"holdfast"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/surroundings"
	"holdfast/test/softkey"
	"holdfast/test/story"
)

// Example 2: a contractor who has left, as somebody outside says, and whose
// account here nobody closed.
func TestContractor(t *testing.T) {
	p := newPlace(t, workforce(""))
	p.join(member("carl"), map[string]*softkey.Authenticator{"carl-passkey": synced()})
	cloud := p.declare(surroundings.Declaration{Kind: surroundings.SyncAccount, Name: "carl-cloud", Person: "carl", Provider: "keeper",
		SignIn: []string{"password+code"}, Said: true, Devices: []string{"laptop", "phone"}, Source: "carl said so"})
	p.declare(surroundings.Declaration{Kind: surroundings.Departure, Name: "carl left", Person: "carl", From: day("2026-11-03"), Source: "the agency"})

	p.left(t, "example2-cloud-open", true, []string{"device:carl/laptop", "device:carl/phone", "sync:carl-cloud"}, nil)

	p.change(cloud, func(d *surroundings.Declaration) { d.Until = day("2026-11-03") })
	p.left(t, "example2-cloud-disabled", true, []string{"device:carl/laptop", "device:carl/phone"}, nil)

	must(t, p.Govern.RemoveCredential(t.Context(), story.Host, holdfast.CredentialID(p.idOf("carl-passkey"))))
	p.Settle(t)
	p.left(t, "example2-invalidated", false, nil, nil)
	p.Check(t)
}

// left holds what is residual against what is stated.
func (p *place) left(t *testing.T, name string, derivable bool, places, dormant []string) {
	t.Helper()
	p.keep(name)
	c := p.examine("carl")
	l, ok := c.Left()
	if !ok || l.Derives != derivable {
		t.Errorf("%s: has left: %v, session derivable: %v, stated %v", name, ok, l.Derives, derivable)
	}
	for what, list := range map[string][2][]string{"places": {ids(l.Places), places}, "dormant": {ids(l.Dormant), dormant}} {
		if !slices.Equal(list[0], list[1]) {
			t.Errorf("%s: %s %q, stated %q", name, what, list[0], list[1])
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nsession derivable  %v\n", l.Sentence, l.Derives)
	for _, place := range l.Places {
		fmt.Fprintf(&b, "place              %s   [%s]\n", place.Label, place.ID)
	}
	found := false
	for _, f := range c.Findings() {
		if f.Rule != answer.Residual {
			continue
		}
		found = true
		if f.Severity != answer.High || f.Equals {
			t.Errorf("%s: %s, equivalent %v", name, f.Severity, f.Equals)
		}
		fmt.Fprintf(&b, "\nfindings\n  %s %s: %s\n", f.Severity, f.Rule, f.Sentence)
		for _, n := range f.NIST {
			fmt.Fprintf(&b, "    %s: %s\n", n.Ref, n.Result)
		}
	}
	if found != derivable {
		t.Errorf("%s: found %v", name, found)
	}
	p.golden(t, name+".golden", b.String())
}

func ids(list []answer.Thing) []string {
	var out []string
	for _, x := range list {
		out = append(out, x.ID)
	}
	slices.Sort(out)
	return out
}
