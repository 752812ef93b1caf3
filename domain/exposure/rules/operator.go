package rules

import (
	"strconv"
	"strings"

	"holdfast/domain/exposure"
	"holdfast/domain/surroundings"
)

// acts: somebody of the core acts for the attacker when they are dishonest, or
// when the attacker is in as them. What they then may do, their scopes say
// (assurance rule 7).
func (b *build) acts(a *Account) {
	corrupt := Corrupt(a.ID)
	b.atom(exposure.Atom{ID: corrupt, Class: exposure.Person, Label: orElse(a.Name, a.ID) + " acts dishonestly", Owner: a.ID, Status: exposure.Observed})
	b.edge(exposure.Edge{ID: "dishonest:" + a.ID, Head: Act(a.ID), Body: []string{corrupt}, Rule: "act-dishonest",
		Label: orElse(a.Name, a.ID) + " acts dishonestly", Status: exposure.Observed})
	as := Act(a.ID)
	if a.Open {
		b.edge(exposure.Edge{ID: "session-act:" + a.ID, Head: as, Body: []string{Session(a.ID)}, Rule: "act-session",
			Label: "act as " + orElse(a.Name, a.ID), Status: exposure.Observed})
	} else {
		as = Session(a.ID) // what they may do waits for their account to be opened
	}
	if a.Open || b.opens(a) {
		for _, p := range powersOf(a.Holds) {
			b.edge(exposure.Edge{ID: "scope:" + p + ":" + a.ID, Head: p, Body: []string{as}, Rule: "operator-power", Of: "role:" + a.ID,
				Label: orElse(a.Name, a.ID) + " uses their role", Status: exposure.Observed})
		}
	}
	for i := range a.Tokens {
		b.token(a, &a.Tokens[i])
	}
}

// opens says whether somebody could open an account that is closed.
func (b *build) opens(a *Account) bool {
	return a.Stopped() && len(b.opening(a)) > 0
}

// token: whoever has an API token has what it is worth, until it ends. One whose
// owner is stopped is worth something once they are not.
func (b *build) token(a *Account, t *Token) {
	ps := powersOf(t.Holds)
	if len(ps) == 0 {
		return
	}
	id := b.tokenAtom(t)
	bodies := [][]string{{id}}
	if !a.Open {
		bodies = both(bodies, b.opening(a))
	}
	for _, p := range ps {
		for i, body := range bodies {
			e := exposure.Edge{ID: "scope:" + p + ":" + id, Head: p, Body: body, Rule: "token-power", Of: id, Label: "use the API token " + orElse(t.Name, t.ID),
				Status: exposure.Observed, Until: t.Until}
			if i > 0 {
				e.ID += " by " + names(body)
			}
			b.edge(e)
		}
	}
}

func (b *build) tokenAtom(t *Token) string {
	id := "token:" + t.ID
	b.atom(exposure.Atom{ID: id, Class: exposure.Have, Label: "the API token " + orElse(t.Name, t.ID), Status: exposure.Observed}) // it is where a program is, not with its owner
	return id
}

// takeovers: who removes passkeys and who links in need not be the same.
func (b *build) takeovers() {
	for _, t := range takeovers() {
		if b.x.held[t.node] {
			b.edge(exposure.Edge{ID: t.node, Head: t.node, Body: []string{t.remove, t.invite}, Rule: "operator-both",
				Label: "passkeys are removed and an invitation is made", Status: exposure.Observed})
		}
	}
}

// operators: who may link the person in here, by the scopes that they hold.
// Somebody with a role is touched only by those who may give roles.
func (b *build) operators(a *Account) {
	powers, rule, what := b.over(a, TakeoverMembers, TakeoverAnybody), "operator-takeover", "an operator removes "+whose(a.Name)+" passkeys and makes an invitation"
	if !a.joined() {
		powers, rule, what = b.over(a, InviteMembers, InviteAnybody), "operator-invite", "an operator makes an invitation for "+orElse(a.Name, "the person")
	}
	for _, body := range powers {
		b.inbox = true
		b.edge(exposure.Edge{ID: rule + ":" + a.ID, Head: Bind(a.ID), Body: body, Rule: rule, Label: what, Recovery: true,
			Status: exposure.Observed, Notify: []string{Inbox(a.ID)}})
	}
}

// desks: who resets the passkeys here by hand, as is declared, or where the person
// could be put.
func (b *build) desks(a *Account) {
	for _, p := range b.x.over[surroundings.OverPasskeys] {
		e := exposure.Edge{ID: "desk:" + string(p.ID) + ":" + a.ID, Head: Bind(a.ID), Body: []string{Power(string(p.ID))}, Rule: "desk-reset", Of: Power(string(p.ID)),
			Label: p.Name + " resets " + whose(a.Name) + " passkeys", Recovery: true, Status: status(p)}
		if covers(p.Target, a) {
			b.edge(e)
			continue
		}
		if strings.HasPrefix(p.Target, "group:") {
			b.by(a, ByGroups, func(powers []string) { b.edge(moved(e, powers)) })
		}
		for _, s := range a.Elsewhere {
			if p.Target == "segment:"+s.Segment {
				b.by(a, s.By, func(powers []string) { b.edge(moved(e, powers)) })
			}
		}
	}
}

// approvals: how each pool comes to approve. People are named where they are few;
// else any so many of them are one symbolic atom.
func (b *build) approvals() {
	for _, p := range b.x.pools {
		node := Approved(p.name, p.k)
		n := len(p.members)
		b.accomplices(p, node)
		switch {
		case n == 0:
			b.edge(exposure.Edge{ID: node, Head: node, Body: []string{b.unknown("pool/"+p.name, "who is in "+p.name)}, Rule: "approval-unknown",
				Label: "nobody has said who is in " + p.name, Status: exposure.Assumed})
		case n <= named || p.k == 1 && n <= namedAlone:
			body := make([]string, n)
			for i, m := range p.members {
				body[i] = Act(m)
			}
			b.edge(exposure.Edge{ID: node, Head: node, Body: body, K: p.k, Rule: "approval", Label: strconv.Itoa(p.k) + " of " + p.name + " approve", Status: exposure.Declared})
		default:
			b.symbolic(p, node)
		}
	}
}

const (
	named      = 6  // people in a pool who are listed by name
	namedAlone = 20 // where one of them is enough
)

// symbolic is a pool that is too large to list. Where one is enough, each is a
// way. Where it takes more, taken adds those whose accounts fall.
func (b *build) symbolic(p *pool, node string) {
	atom := Pooled(p.name, p.k)
	b.atom(exposure.Atom{ID: atom, Class: exposure.Person, Pool: exposure.Pool{Of: p.name, K: p.k}, Status: exposure.Declared,
		Label: poolLabel(p, p.k)})
	b.edge(exposure.Edge{ID: node, Head: node, Body: []string{atom}, Rule: "approval", Label: strconv.Itoa(p.k) + " of " + p.name + " approve", Status: exposure.Declared})
	if p.k > 1 {
		return
	}
	for _, m := range p.members {
		b.edge(exposure.Edge{ID: node + ":" + m, Head: node, Body: []string{Act(m)}, Rule: "approval", Label: "one of " + p.name + " approves", Status: exposure.Declared})
	}
}
