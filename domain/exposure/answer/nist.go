package answer

import (
	"cmp"
	"slices"
	"strings"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
)

// Sections of NIST SP 800-63B-4 that findings are held against.
const (
	agentAssisted = "63B-4 4.2.1"   // what an agent decides needs a documented analysis of its risks
	recoveryAAL1  = "63B-4 4.2.2.1" // one code
	recoveryAAL2  = "63B-4 4.2.2.2" // two codes, or a code and an authenticator, or repeated proofing
	recoveryAAL3  = "63B-4 4.2.2.3" // likewise; after a proof at IAL3 a comparison with what was stored
	outOfBand     = "63B-4 3.1.3.1" // e-mail is no out-of-band authenticator
	notification  = "63B-4 4.6"     // who is told, and by post for AAL3
	syncFabric    = "63B-4 B.2"     // access to synced keys takes what AAL2 takes
	invalidation  = "63B-4 4.5"     // promptly, when somebody is not eligible any more
	revocation    = "63B-4 B.6"     // of synced keys at the relying party
)

// checks says which sections a finding's ways touch, and how they stand to them.
// A section is there only where the facts say something about it.
func (c *Case) checks(rule string, ways []*exposure.Set) []NISTCheck {
	failed := map[string]bool{}
	note := func(ref string, ok bool) { failed[ref] = failed[ref] || !ok }
	if rule == Residual {
		note(invalidation, false)
		note(revocation, false)
	}
	for _, s := range ways {
		if slices.ContainsFunc(s.Atoms, func(id string) bool { return c.atom(id).Class == exposure.Deceive }) {
			note(agentAssisted, false)
			note(recoverySection(c.Required.AAL), false)
		}
		for _, id := range s.Path {
			if e := c.edges[id]; e != nil {
				c.checkEdge(e, note)
			}
		}
	}
	out := []NISTCheck{}
	for ref, bad := range failed {
		result := "pass"
		if bad {
			result = "fail"
		}
		out = append(out, NISTCheck{ref, result})
	}
	slices.SortFunc(out, func(a, b NISTCheck) int { return cmp.Compare(a.Ref, b.Ref) })
	return out
}

func (c *Case) checkEdge(e *exposure.Edge, note func(string, bool)) {
	mailed := slices.ContainsFunc(e.Body, func(b string) bool { return strings.HasPrefix(b, "inbox:") })
	if strings.HasPrefix(e.Head, "sync:") {
		note(syncFabric, c.levelOf(e.Head) >= 2)
	}
	if strings.HasPrefix(e.Of, "fallback:") && mailed {
		note(outOfBand, false)
	}
	if !c.wayBack(e) {
		return
	}
	note(recoverySection(c.Required.AAL), e.NIST)
	if c.Required.AAL >= 3 {
		note(recoveryAAL2, e.NIST)
	}
	if mailed && !e.NIST { // a code by mail that stands alone is used as an authenticator
		note(outOfBand, false)
	}
	name, procedure := strings.CutPrefix(e.Of, "recovery:")
	if !procedure {
		return // who is told by a desk, nobody has said
	}
	p, ok := c.Organisation.Policy.Document().Recovery.Get(name)
	note(notification, len(e.Notify) > 0 && (c.Required.AAL < 3 || ok && p.Notify.Postal))
}

// wayBack says whether e is a way back to this account: others' are judged by
// what is asked of others.
func (c *Case) wayBack(e *exposure.Edge) bool {
	return e.Recovery && (e.Head == rules.Bind(c.Person.ID) || e.Head == c.Goal) && !strings.HasPrefix(e.Of, "link:") && !strings.HasPrefix(e.Of, "enrolment:")
}

func recoverySection(aal int) string {
	switch {
	case aal <= 1:
		return recoveryAAL1
	case aal == 2:
		return recoveryAAL2
	}
	return recoveryAAL3
}

// levelOf is what it takes to come to a node.
func (c *Case) levelOf(node string) int {
	net, err := c.net()
	if err != nil {
		return 0
	}
	worst, _ := net.Effective(node, c.House)
	return worst.AAL
}
