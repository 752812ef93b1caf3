package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/exposure/answer"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/flow/survey"
)

// severities, the worst first.
func severities() []answer.Severity {
	return []answer.Severity{answer.Critical, answer.High, answer.Medium, answer.Low}
}

func wrongAsked(r *http.Request) survey.Wrong {
	f := survey.Wrong{Segment: cursor(r.FormValue("segment"))}
	if s := answer.Severity(r.FormValue("severity")); slices.Contains(severities(), s) {
		f.Severity = s
	}
	if rule := r.FormValue("rule"); slices.Contains(page.FindingRules(), rule) {
		f.Rule = rule
	}
	return f
}

func (c *Console) exposureFindings(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx, f := r.Context(), wrongAsked(r)
	o, err := c.Exposure.Overview(ctx)
	if err != nil {
		return err
	}
	list, err := c.Exposure.Findings(ctx, f, span(r).After, perPage)
	to := &page.ExposureFindings{Narrowed: f != survey.Wrong{}, Reading: reading(err), Export: page.ExportOf(r.URL.Query()), Segments: segmentChoices(o, f.Segment)}
	if err != nil && !to.Reading {
		return err
	}
	to.Severities = []page.Option{{Label: "Any", Chosen: f.Severity == ""}}
	for _, s := range severities() {
		to.Severities = append(to.Severities, page.Option{Value: string(s), Label: string(s), Chosen: s == f.Severity})
	}
	to.RuleNames = []page.Option{{Label: "Anything", Chosen: f.Rule == ""}}
	for _, rule := range page.FindingRules() {
		to.RuleNames = append(to.RuleNames, page.Option{Value: rule, Label: page.RuleWords(rule), Chosen: rule == f.Rule})
	}
	names := c.names()
	for _, x := range list.Items {
		names.person(holdfast.PersonID(x.Account))
	}
	if err := names.read(ctx); err != nil {
		return err
	}
	for _, x := range list.Items {
		to.Rows = append(to.Rows, page.ExposureFinding{Finding: x, Name: names.people[holdfast.PersonID(x.Account)]})
	}
	to.Next = further(r, list.Next)
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

func (c *Console) exposureFindingsFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	f := wrongAsked(r)
	return send(c, w, r, v, sheet[answer.Finding]{
		name: "exposure-findings", scope: authority.ExposureRead, columns: []column[answer.Finding]{
			{"id", func(x answer.Finding) any { return x.ID }},
			{"rule", func(x answer.Finding) any { return x.Rule }},
			{"severity", func(x answer.Finding) any { return string(x.Severity) }},
			{"person_id", func(x answer.Finding) any { return x.Account }},
			{"segment", func(x answer.Finding) any { return x.Segment }},
			{"required_aal", func(x answer.Finding) any { return x.Required.AAL }},
			{"required_phr", func(x answer.Finding) any { return x.Required.Phr }},
			{"effective_aal", func(x answer.Finding) any { return x.Effective.AAL }},
			{"effective_phr", func(x answer.Finding) any { return x.Effective.Phr }},
			{"nist_failed", func(x answer.Finding) any { return page.NISTRefs(x.NIST) }},
			{"equivalent", func(x answer.Finding) any { return x.Equals }},
			{"sentence", func(x answer.Finding) any { return x.Sentence }},
			{"policy", func(x answer.Finding) any { return x.PolicyRev }},
			{"facts", func(x answer.Finding) any { return x.FactsRev }},
		},
		count: func(ctx context.Context) (int64, error) {
			return countParts(func(after string) (int, string, error) {
				list, err := c.Exposure.Findings(ctx, f, after, step)
				return len(list.Items), list.Next, err
			})
		},
		next: func(ctx context.Context, after string) ([]answer.Finding, string, error) {
			if after == end {
				return nil, "", nil
			}
			list, err := c.Exposure.Findings(ctx, f, after, step)
			return list.Items, orEnd(list.Next), err
		},
	})
}

func (c *Console) exposureResidual(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	list, err := c.Exposure.Residual(r.Context(), holdfast.PersonID(span(r).After), perPage)
	to := &page.ExposureResidual{Rows: list.Items, Basis: list.Basis, Reading: reading(err), Export: page.ExportOf(r.URL.Query()), Next: further(r, list.Next)}
	if err != nil && !to.Reading {
		return err
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

func (c *Console) exposureResidualFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return send(c, w, r, v, sheet[answer.Left]{
		name: "residual-access", scope: authority.ExposureRead, columns: []column[answer.Left]{
			{"person_id", func(x answer.Left) any { return x.Account }},
			{"person", func(x answer.Left) any { return x.Name }},
			{"segment", func(x answer.Left) any { return x.Segment }},
			{"since", func(x answer.Left) any { return x.Since }},
			{"session_derivable", func(x answer.Left) any { return x.Derives }},
			{"places", func(x answer.Left) any { return page.Labels(x.Places) }},
			{"dormant", func(x answer.Left) any { return page.Labels(x.Dormant) }},
			{"sentence", func(x answer.Left) any { return x.Sentence }},
		},
		count: func(ctx context.Context) (int64, error) {
			return countParts(func(after string) (int, string, error) {
				list, err := c.Exposure.Residual(ctx, holdfast.PersonID(after), step)
				return len(list.Items), list.Next, err
			})
		},
		next: func(ctx context.Context, after string) ([]answer.Left, string, error) {
			if after == end {
				return nil, "", nil
			}
			list, err := c.Exposure.Residual(ctx, holdfast.PersonID(after), step)
			return list.Items, orEnd(list.Next), err
		},
	})
}

// suggested is how many things are offered to choose from.
const suggested = 10

func (c *Console) exposureBlast(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx := r.Context()
	to := &page.ExposureBlast{Asked: strings.TrimSpace(cursor(r.FormValue("node")))}
	if to.Asked != "" {
		b, err := c.Exposure.Blast(ctx, to.Asked, holdfast.PersonID(span(r).After), perPage)
		switch holdfast.KindOf(err) {
		case holdfast.NotFound, holdfast.Invalid:
			if err != nil {
				to.Unknown, to.Why = true, textOf(err)
			}
		case holdfast.Unavailable:
			to.Reading = true
		default:
			if err != nil {
				return err
			}
		}
		if err == nil {
			to.Answer, to.Basis, to.Next = b, b.Basis, further(r, b.Cursor)
			if to.Accounts, err = c.accountLinks(ctx, b.Some); err != nil {
				return err
			}
		}
	}
	if to.Answer.Node.ID == "" {
		o, err := c.Exposure.Overview(ctx)
		if err != nil {
			return err
		}
		to.Suggest, to.Basis, to.Reading = o.Top[:min(suggested, len(o.Top))], o.Basis, to.Reading || o.Loading
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// textOf is what an error says to people.
func textOf(err error) string {
	if e, ok := errors.AsType[*holdfast.Error](err); ok {
		return e.Text
	}
	return ""
}

// accountLinks leads to the pages about accounts, by name.
func (c *Console) accountLinks(ctx context.Context, ids []string) ([]page.Link, error) {
	names := c.names()
	for _, id := range ids {
		names.person(holdfast.PersonID(id))
	}
	if err := names.read(ctx); err != nil {
		return nil, err
	}
	out := make([]page.Link, len(ids))
	for i, id := range ids {
		name := names.people[holdfast.PersonID(id)]
		if name == "" {
			name = id
		}
		out[i] = page.Link{Text: name, URL: page.ExposedAccountPath(id)}
	}
	return out, nil
}
