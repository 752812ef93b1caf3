package survey

import (
	"context"
	"errors"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/exposure/answer"
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

// finding computes a finding again. One that was mended is not there any more. Its
// id says how that of the account begins; few begin alike.
func (f *Flow) finding(ctx context.Context, id, account string) (*answer.Case, answer.Finding, error) {
	if account != "" {
		return f.findingOf(ctx, id, account)
	}
	begins := answer.Whose(id)
	if begins == "" {
		return nil, answer.Finding{}, errNoFinding
	}
	for after := holdfast.PersonID(begins); ; {
		alike, err := f.Store.HeldAfter(ctx, after, handful)
		if err != nil {
			return nil, answer.Finding{}, err
		}
		for _, h := range alike {
			if after = h.Person.ID; !strings.HasPrefix(string(after), begins) {
				return nil, answer.Finding{}, errNoFinding
			}
			c, g, err := f.findingOf(ctx, id, string(after))
			if !errors.Is(err, errNoFinding) {
				return c, g, err
			}
		}
		if len(alike) == 0 {
			return nil, answer.Finding{}, errNoFinding
		}
	}
}

func (f *Flow) findingOf(ctx context.Context, id, account string) (*answer.Case, answer.Finding, error) {
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
	"There is no such finding, or it was mended. List them: holdfast findings.")
