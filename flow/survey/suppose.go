package survey

import (
	"context"

	"holdfast"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/census"
)

// WhatIf says what an account would be. Nothing is changed.
func (f *Flow) WhatIf(ctx context.Context, subject string, s answer.Suppose) (answer.WhatIf, error) {
	if s.Empty() {
		return answer.WhatIf{}, holdfast.Errorf(holdfast.Invalid, "nothing_supposed", "Say what is lost, given, added or removed, or at what time.")
	}
	c, err := f.examined(ctx, subject)
	if err != nil {
		return answer.WhatIf{}, err
	}
	return c.WhatIf(s)
}

// Picture draws the graph of an account.
func (f *Flow) Picture(ctx context.Context, subject string) (answer.Picture, error) {
	c, err := f.examined(ctx, subject)
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
	var count answer.Counting
	out.Fixes = append([]answer.Fix{}, c.Fixes(finding, count)...)
	return out, nil
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
	c, err := f.examined(ctx, account)
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
		cases, err := f.cases(ctx, s, idsOf(page))
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
