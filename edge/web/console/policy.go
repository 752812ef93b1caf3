package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"holdfast"
	"holdfast/domain/policy"
	"holdfast/domain/revision"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// The policy: what is in force, the editor, and each revision.

// errNoPolicy is for a server that was put together without policies.
var errNoPolicy = visit.ErrNoPage

func (c *Console) policy(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	if c.Policies == nil {
		return errNoPolicy
	}
	ctx := r.Context()
	to := &page.Policy{}
	rec, err := c.inForce(ctx)
	if err != nil {
		return err
	}
	names := c.names()
	all, err := c.Store.Revisions(ctx)
	if err != nil {
		return err
	}
	rows, err := c.revisionRows(ctx, names, all)
	if err != nil {
		return err
	}
	to.History = rows
	for _, row := range rows {
		if row.Open() {
			to.Pending = append(to.Pending, row)
		}
		if row.ID == string(rec.ID) && row.ID != "" {
			to.InForce = row
		}
	}
	if rec.ID == "" {
		to.Preset = rec.Name
	} else if to.Approvals, err = c.approvalRows(ctx, rec.ID); err != nil {
		return err
	}
	to.Text = page.SourceOf(string(rec.Text))
	if to.Failed, err = c.unusable(ctx); err != nil {
		return err
	}
	if d, problems := policy.Parse("policy.yaml", rec.Text); !problems.Bad() {
		to.Segments, to.Clauses = clauses(d)
	}
	if to.Jobs, err = c.rejudging(ctx); err != nil {
		return err
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// inForce is the revision that decides: the preset, which has no id, where none
// was ever applied.
func (c *Console) inForce(ctx context.Context) (revision.Record, error) {
	rec, err := c.Store.RevisionInForce(ctx)
	if holdfast.KindOf(err) == holdfast.NotFound && err != nil {
		return c.Policies.First(), nil
	}
	return rec, err
}

// unusable says why the revision in force does not decide; empty: it does.
func (c *Console) unusable(ctx context.Context) (string, error) {
	why, err := c.Policies.Unusable(ctx, c.Store)
	if why == nil || err != nil {
		return "", err
	}
	text := "This revision cannot be used"
	if e, ok := errors.AsType[*holdfast.Error](why); ok {
		text = strings.TrimSuffix(e.Text, ".")
	}
	return text + ". The last one that could be read decides instead.", nil
}

// clauses are a document as sentences. What holds for every segment, and what a
// class of authenticators is, is said once.
func clauses(d *policy.Document) (segments, rest []page.Clause) {
	reading := policy.Sentences(d)
	several := len(reading.Segments) > 1
	var everywhere []string
	if several {
		everywhere = sharedLines(reading.Segments)
		if len(everywhere) > 0 {
			segments = append(segments, page.Clause{Name: "For all of them", Sentences: everywhere})
		}
	}
	for i, s := range reading.Segments {
		c := page.Clause{Name: s.Name, Line: d.At(fmt.Sprintf("segments[%d]", i)).Line, Sentences: []string{s.Who}}
		if s.Privileged {
			c.Mark = "privileged"
		}
		for _, line := range s.Lines {
			switch {
			case slices.Contains(everywhere, line):
			case several && strings.HasPrefix(line, allowedIs):
				if said := allowedHere(d, d.Segments[i]); !slices.Contains(c.Sentences, said) {
					c.Sentences = append(c.Sentences, said)
				}
			default:
				c.Sentences = append(c.Sentences, line)
			}
		}
		segments = append(segments, c)
	}
	if several {
		if said := classes(reading.Segments, everywhere); len(said) > 0 {
			rest = append(rest, page.Clause{Name: "Authenticators", Line: d.At("authenticators").Line, Sentences: said})
		}
	}
	if len(reading.Access) > 0 {
		rest = append(rest, page.Clause{Name: "Conditional access", Line: d.At("access").Line, Sentences: reading.Access})
	}
	if len(reading.Changes) > 0 {
		rest = append(rest, page.Clause{Name: "Changes of the policy itself", Line: d.At("metadata.change_control").Line, Sentences: reading.Changes})
	}
	return segments, rest
}

const allowedIs = "Allowed is "

// sharedLines are the sentences of the first segment that every other one has.
func sharedLines(all []policy.Said) (out []string) {
	for _, line := range all[0].Lines {
		if !slices.ContainsFunc(all[1:], func(s policy.Said) bool { return !slices.Contains(s.Lines, line) }) {
			out = append(out, line)
		}
	}
	return out
}

// allowedHere names the classes that a segment allows; what each is stands in
// one place.
func allowedHere(d *policy.Document, s *policy.Segment) string {
	var names []string
	for _, name := range s.Allow {
		if c, ok := d.Authenticators.Get(name); ok {
			names = append(names, fmt.Sprintf("%s (AAL%d)", name, c.Level))
		}
	}
	return allowedIs + strings.Join(names, " or ") + "."
}

// classes say what each class is that a segment allows, once.
func classes(all []policy.Said, everywhere []string) (out []string) {
	for _, s := range all {
		for _, line := range s.Lines {
			said, is := strings.CutPrefix(line, allowedIs)
			if is && !slices.Contains(everywhere, line) && !slices.Contains(out, said) {
				out = append(out, said)
			}
		}
	}
	return out
}

func (c *Console) revisionRows(ctx context.Context, names *names, all []revision.Record) ([]page.RevisionRow, error) {
	for _, r := range all {
		names.actor(r.Author)
	}
	if err := names.read(ctx); err != nil {
		return nil, err
	}
	rows := make([]page.RevisionRow, len(all))
	for i, r := range all {
		have, err := c.Store.Approvals(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		rows[i] = revisionRow(r, names, len(have))
	}
	return rows, nil
}

func revisionRow(r revision.Record, names *names, have int) page.RevisionRow {
	return page.RevisionRow{ID: string(r.ID), Number: r.Number, Name: r.Name, Digest: r.Digest, Previous: r.Previous, State: string(r.State),
		Author: names.actorLink(r.Author), Note: r.Note, Lowers: r.Lowers, Needs: int(r.Needs), Have: have,
		Created: r.Created, Applied: r.Applied, Ended: r.Ended}
}

func (c *Console) approvalRows(ctx context.Context, id holdfast.RevisionID) ([]page.ApprovalRow, error) {
	have, err := c.Store.Approvals(ctx, id)
	if err != nil {
		return nil, err
	}
	names := c.names()
	for _, a := range have {
		names.actor(a.By)
	}
	if err := names.read(ctx); err != nil {
		return nil, err
	}
	var rows []page.ApprovalRow
	for _, a := range have {
		rows = append(rows, page.ApprovalRow{By: names.actorLink(a.By), At: a.At, Why: a.Why})
	}
	return rows, nil
}
