package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"holdfast"
	"holdfast/domain/policy"
	"holdfast/domain/policy/compare"
	"holdfast/domain/revision"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/flow/govern"
)

// revision shows one revision, and what who looks may do to it.
func (c *Console) revision(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	if c.Policies == nil {
		return errNoPolicy
	}
	ctx, id := r.Context(), holdfast.RevisionID(r.PathValue("id"))
	seen, err := c.Revisions.Look(ctx, v.Actor(), id)
	if holdfast.KindOf(err) == holdfast.Invalid && err != nil {
		// It was right once. It is shown as it stands, and can only be withdrawn.
		rec, more := c.Store.Revision(ctx, id)
		if more != nil {
			return more
		}
		seen, err = govern.Proposed{Revision: rec}, nil
	}
	if err != nil {
		return err
	}
	names := c.names()
	names.actor(seen.Revision.Author)
	if err := names.read(ctx); err != nil {
		return err
	}
	if s := seen.Revision.State; s != revision.Proposed && s != revision.Approved {
		seen.Changes = c.changed(ctx, seen.Revision)
	}
	to := &page.Revision{Row: revisionRow(seen.Revision, names, len(seen.Approvals)), Check: checked(seen, seen.Warnings),
		Text: page.SourceOf(string(seen.Revision.Text))}
	if to.Approvals, err = c.approvalRows(ctx, id); err != nil {
		return err
	}
	if d, problems := policy.Parse("policy.yaml", seen.Revision.Text); !problems.Bad() {
		to.Segments, _ = clauses(d)
	}
	if to.Row.Open() {
		rec, err := c.inForce(ctx)
		if err != nil {
			return err
		}
		to.Against = againstWords(rec)
	} else {
		to.Against = "what was in force when it was proposed"
	}
	c.rights(v, seen, to)
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// changed is what a revision that is decided changed, or was to change. There is
// nothing to compare it with where its predecessor was a preset of another
// version, or cannot be read any more.
func (c *Console) changed(ctx context.Context, rec revision.Record) []compare.Change {
	was, err := c.Policies.ByDigest(ctx, c.Store, rec.Previous)
	if err != nil {
		return nil
	}
	is, err := c.Policies.ByDigest(ctx, c.Store, rec.Digest)
	if err != nil {
		return nil
	}
	_, changes := compare.Policies(was, is)
	return changes
}

func againstWords(rec revision.Record) string {
	if rec.ID == "" {
		return "the preset " + rec.Name + ", which is in force"
	}
	return fmt.Sprintf("revision %d, which is in force", rec.Number)
}

// rights says which buttons there are. The story decides.
func (c *Console) rights(v visit.Visit, p govern.Proposed, to *page.Revision) {
	mine := "person:" + string(v.Person.ID)
	holds := v.Holds()
	to.MayDrop = to.Row.Open() && holds.Has("policy:write")
	to.MayApply = mayApply(v, p.Revision)
	if p.Revision.State != revision.Proposed || !holds.Has("policy:approve") {
		return
	}
	asked := slices.ContainsFunc(p.Approvals, func(a revision.Approval) bool { return a.By == mine })
	for _, a := range p.Approvers {
		to.MayApprove = to.MayApprove || a.ID == v.Person.ID
	}
	switch {
	case p.Revision.Author == mine:
		to.MayApprove, to.WhyNot = false, "You proposed this revision, so somebody else approves it."
	case asked:
		to.MayApprove, to.WhyNot = false, "You have approved it already."
	case !to.MayApprove && barredWhy(p, v) != "":
		to.WhyNot = barredWhy(p, v)
	case !to.MayApprove:
		to.WhyNot = "It is approved by " + cmp.Or(parties(p.From.From), "nobody that there is") + ". You are not one of them."
	}
	if p.Host != "" {
		to.WhyNot = strings.TrimSpace(to.WhyNot + " " + p.Host + " Until that changes, the host’s administrator may approve: holdfast policy approve, on the server.")
	}
}

// barredWhy says why who looks may not approve although they are asked.
func barredWhy(p govern.Proposed, v visit.Visit) string {
	for _, b := range p.Barred {
		if b.Person.ID == v.Person.ID {
			return b.Why
		}
	}
	return ""
}

// onRevision does something to the revision of the address.
func (c *Console) onRevision(text string, do func(Revisions) func(context.Context, holdfast.Actor, holdfast.RevisionID) error) action {
	return func(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
		if c.Policies == nil {
			return errNoPolicy
		}
		err := do(c.Revisions)(r.Context(), v.Actor(), holdfast.RevisionID(r.PathValue("id")))
		return c.pressed(w, r, err, text, page.RevisionPath(r.PathValue("id")))
	}
}

func approving(s Revisions) func(context.Context, holdfast.Actor, holdfast.RevisionID) error {
	return func(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID) error {
		_, err := s.Approve(ctx, by, id)
		return refusedHere(err)
	}
}

func withdrawing(s Revisions) func(context.Context, holdfast.Actor, holdfast.RevisionID) error {
	return func(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID) error {
		_, err := s.Withdraw(ctx, by, id)
		return refusedHere(err)
	}
}

// refusedHere makes of what the story refuses because of who asks something
// that the page says beside the button.
func refusedHere(err error) error {
	e, ok := errors.AsType[*holdfast.Error](err)
	if ok && (e.Code == "author_approves" || e.Code == "not_an_approver" || e.Code == "not_independent") {
		return holdfast.Errorf(holdfast.Conflict, e.Code, "%s", e.Text)
	}
	return err
}
