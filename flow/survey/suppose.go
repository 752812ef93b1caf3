package survey

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/census"
)

// WhatIf says what an account would be. Nothing is changed.
func (f *Flow) WhatIf(ctx context.Context, subject string, s answer.Suppose) (answer.WhatIf, error) {
	if s.Empty() {
		return answer.WhatIf{}, holdfast.Errorf(holdfast.Invalid, "nothing_supposed", "Say what is lost, given, added or removed, or at what time.")
	}
	c, err := f.examined(ctx, subject, answer.Examine)
	if err != nil {
		return answer.WhatIf{}, err
	}
	return c.WhatIf(s)
}

// Picture draws the graph of an account.
func (f *Flow) Picture(ctx context.Context, subject string) (answer.Picture, error) {
	c, err := f.examined(ctx, subject, answer.Look)
	if err != nil {
		return answer.Picture{}, err
	}
	return c.Picture(), nil
}

// Fixed is a finding with what would mend it.
type Fixed struct {
	answer.Finding
	Counted bool // the fixes say what they do to everybody; else only to this account
}

// Fix finds what would mend a finding, ranked. account says whose it is; empty:
// it is looked for.
func (f *Flow) Fix(ctx context.Context, id, account string) (Fixed, error) {
	c, finding, err := f.finding(ctx, id, account)
	if err != nil {
		return Fixed{}, err
	}
	out := Fixed{Finding: finding}
	n := counter{f: f, c: c, s: f.seen.Load(), until: f.Clock().Add(patience)}
	out.Fixes = append([]answer.Fix{}, c.Fixes(finding, n.count)...)
	out.Counted = n.s != nil && n.s.whole && !n.short
	return out, nil
}

// patience is how long fixes are counted over everybody: each takes as long as
// another policy does.
const patience = 10 * time.Second

// counter says what edits would do to everybody.
type counter struct {
	f     *Flow
	c     *answer.Case
	s     *seen
	until time.Time
	short bool // some were not counted
}

func (n *counter) count(e answer.Edit) (lifted, lockout int64) {
	if n.s != nil && n.s.whole && n.f.Clock().Before(n.until) {
		all := n.s.edited.of(e, n.s.census.Edited)
		lifted, lockout = all.Lifted, all.Lockout
	} else {
		n.short = true
	}
	if lifted == 0 { // it is about something that this account alone has
		if after, err := e.Apply(n.c); err == nil && e.Lifts(after.Required, n.c.Truth.Effective, after.Truth.Effective, n.c.Truth.Availability, after.Truth.Availability) {
			lifted = 1
		}
	}
	return lifted, lockout
}

// finding computes a finding again. One that was mended is not there any more.
func (f *Flow) finding(ctx context.Context, id, account string) (*answer.Case, answer.Finding, error) {
	if account == "" {
		if err := f.onDemand(ctx); err != nil {
			return nil, answer.Finding{}, err
		}
		who, ok := f.met.of(id)
		if !ok {
			var err error
			if who, err = f.search(ctx, id); err != nil {
				return nil, answer.Finding{}, err
			}
		}
		account = string(who)
	}
	c, err := f.examined(ctx, account, answer.Examine)
	if err != nil {
		return nil, answer.Finding{}, err
	}
	for _, g := range c.Findings() {
		if g.ID == id {
			return c, g, nil
		}
	}
	return nil, answer.Finding{}, errNoFinding
}

var errNoFinding = holdfast.Errorf(holdfast.NotFound, "no_such_finding",
	"There is no such finding, or it was mended. List them (holdfast findings), and name the account as well if there are many.")

// searched is how many accounts are examined for a finding that nobody was shown
// here since the start.
const searched = 20000

func (f *Flow) search(ctx context.Context, id string) (holdfast.PersonID, error) {
	s, err := f.everybody(ctx)
	if err != nil {
		return "", err
	}
	for after, n := holdfast.PersonID(""), 0; n < searched; n += handful {
		page, next := s.census.Each(census.Filter{}, after, handful)
		cases, err := f.cases(ctx, s, idsOf(page), answer.Look)
		if err != nil {
			return "", err
		}
		for _, c := range cases {
			all := c.Findings()
			f.met.put(all)
			for _, g := range all {
				if g.ID == id {
					return holdfast.PersonID(g.Account), nil
				}
			}
		}
		if next == "" {
			break
		}
		after = next
	}
	return "", errNoFinding
}
