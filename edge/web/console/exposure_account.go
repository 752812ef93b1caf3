package console

import (
	"context"
	"net/http"
	"slices"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/person"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// exposedAccount is who can get at one account: from the store on the spot, so
// that it is there before everybody was read.
func (c *Console) exposedAccount(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx, id := r.Context(), r.PathValue("id")
	p, err := c.Store.Person(ctx, holdfast.PersonID(id))
	if err != nil {
		return err
	}
	if err := c.shows(ctx, v, "who-can", p.ID); err != nil {
		return err
	}
	to := &page.ExposedAccount{Whose: page.Link{Text: nameOf(p)}}
	if v.Holds().Has(authority.PeopleRead) {
		to.Whose.URL = page.PersonPath(id)
	}
	if to.Answer, err = c.Exposure.WhoCan(ctx, id); err != nil {
		return err
	}
	if to.Drawn, err = c.Exposure.Picture(ctx, id); err != nil {
		return err
	}
	asked := suppose(r)
	to.Choices = whatIfChoices(to.Drawn, asked)
	if !asked.Empty() {
		if err := c.fillWhatIf(ctx, id, asked, to); err != nil {
			return err
		}
	}
	if fix := cursor(r.FormValue("fix")); fix != "" {
		if err := c.fillFixes(ctx, id, fix, to); err != nil {
			return err
		}
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// shows records that somebody looks at who can get at an account, or at those of
// everybody where whose is empty. Their own is their own.
func (c *Console) shows(ctx context.Context, v visit.Visit, what string, whose holdfast.PersonID) error {
	if whose == v.Person.ID {
		return nil
	}
	return c.looks.Note(string(v.Session.ID), string(whose), func() error { return c.Govern.LookedAt(ctx, v.Actor(), what, whose) })
}

// showing records a look at everybody's accounts before the page is drawn.
func (c *Console) showing(what string, do action) action {
	return func(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
		if err := c.shows(r.Context(), v, what, ""); err != nil {
			return err
		}
		return do(w, r, v)
	}
}

// suppose is the change that an address asks about.
func suppose(r *http.Request) answer.Suppose {
	const most = 8 // of each kind
	of := func(name string) (out []string) {
		for _, x := range r.URL.Query()[name] {
			if x = cursor(x); x != "" && len(out) < most {
				out = append(out, x)
			}
		}
		return out
	}
	return answer.Suppose{Lost: of("lost"), Given: of("given"), Remove: of("remove")}
}

// fillWhatIf answers a change, or says why it cannot be.
func (c *Console) fillWhatIf(ctx context.Context, id string, asked answer.Suppose, to *page.ExposedAccount) error {
	w, err := c.Exposure.WhatIf(ctx, id, asked)
	switch holdfast.KindOf(err) {
	case holdfast.NotFound, holdfast.Invalid, holdfast.Conflict:
		if err != nil {
			to.Asked = textOf(err)
			return nil
		}
	}
	if err != nil {
		return err
	}
	to.WhatIf = &w
	return nil
}

// fillFixes says what would mend a finding. One that is not there any more was
// mended since.
func (c *Console) fillFixes(ctx context.Context, id, finding string, to *page.ExposedAccount) error {
	found, err := c.Exposure.Fix(ctx, finding, id)
	if err != nil {
		if holdfast.KindOf(err) == holdfast.NotFound {
			return nil
		}
		return err
	}
	for i := range to.Answer.Findings {
		if to.Answer.Findings[i].ID == finding {
			to.Answer.Findings[i].Fixes, to.Fixed, to.Uncounted = found.Fixes, finding, !found.Counted
		}
	}
	return nil
}

// whatIfChoices are an account's own things, what can happen, and its steps.
func whatIfChoices(p answer.Picture, asked answer.Suppose) []page.WhatIfChoice {
	if len(p.Nodes) < 2 {
		return nil
	}
	option := func(id, label string, chosen []string) page.Option {
		return page.Option{Value: id, Label: page.Capital(label), Chosen: slices.Contains(chosen, id)}
	}
	lost := page.WhatIfChoice{Name: "lost", Label: "The owner has lost", Help: "It is gone, and somebody may have found it."}
	given := page.WhatIfChoice{Name: "given", Label: "An attacker has", Help: "Taken for granted, whatever it takes."}
	remove := page.WhatIfChoice{Name: "remove", Label: "Without this step", Help: "It is retired, or the policy forbids it."}
	for _, n := range p.Nodes {
		switch {
		case n.ID == p.Goal:
			continue
		case n.Atom && n.Owner == p.Account:
			lost.Options = append(lost.Options, option(n.ID, n.Label, asked.Lost))
		}
		given.Options = append(given.Options, option(n.ID, n.Label, asked.Given))
	}
	for _, e := range p.Edges {
		remove.Options = append(remove.Options, option(e.ID, e.Label, asked.Remove))
	}
	var out []page.WhatIfChoice
	for _, c := range []page.WhatIfChoice{lost, given, remove} {
		if len(c.Options) == 0 {
			continue
		}
		none := !slices.ContainsFunc(c.Options, func(o page.Option) bool { return o.Chosen })
		c.Options = append([]page.Option{{Label: "nothing", Chosen: none}}, c.Options...)
		out = append(out, c)
	}
	return out
}

// fillExposure is the line about exposure on a person's page.
func (c *Console) fillExposure(ctx context.Context, v visit.Visit, p person.Record, to *page.Person) (err error) {
	to.Exposure, err = c.exposureLine(ctx, v, string(p.ID), p.ID)
	return err
}

// exposureLine says in a line who can get at an account or a passkey; nil where
// that is not for who looks, or cannot be said.
func (c *Console) exposureLine(ctx context.Context, v visit.Visit, subject string, whose holdfast.PersonID) (*page.ExposureLine, error) {
	if c.Exposure == nil || !v.Holds().Has(authority.ExposureRead) || whose == "" {
		return nil, nil
	}
	who, err := c.Exposure.WhoCan(ctx, subject)
	switch holdfast.KindOf(err) {
	case holdfast.NotFound, holdfast.Unavailable, holdfast.Conflict:
		if err != nil {
			return nil, nil // an erased person, or a policy that cannot be read
		}
	}
	if err == nil {
		err = c.shows(ctx, v, "who-can", whose)
	}
	if err != nil {
		return nil, err
	}
	return &page.ExposureLine{Sentence: who.Sentence, Verdict: who.Verdict, URL: page.ExposedAccountPath(string(whose))}, nil
}

// findExposure leads from a name to who can get at the account, and from the id
// of a thing to what falls with it.
func (c *Console) findExposure(ctx context.Context, _ visit.Visit, text string) (rows []page.Found, more page.Link, err error) {
	if c.Exposure == nil {
		return nil, more, nil
	}
	if isNode(text) {
		return []page.Found{{Text: "What falls with " + text, URL: page.BlastPath(text)}}, more, nil
	}
	const few = 3
	people, _, err := c.Store.PeoplePart(ctx, store.PeopleFilter{Begins: text}, store.Span{Limit: few})
	for _, p := range people {
		rows = append(rows, page.Found{Text: "Who can get at " + nameOf(p), Note: p.Email, URL: page.ExposedAccountPath(string(p.ID))})
	}
	return rows, more, err
}

// isNode says whether text looks like the name of a node: "key:cre_…".
func isNode(text string) bool {
	for i, r := range text {
		switch {
		case r == ':':
			return i > 1 && i < len(text)-1
		case r < 'a' || r > 'z':
			return false
		}
	}
	return false
}
