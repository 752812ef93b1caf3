package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/revision"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/flow/govern"
	"holdfast/flow/rejudge"
)

// What is shown of a plan before it is a file.
const (
	namedOfCause = 20
	listedKeys   = 50
)

// mayApply says whether there is a button that puts r in force. The story
// decides.
func mayApply(v visit.Visit, r revision.Record) bool {
	return r.State == revision.Approved && v.Holds().Has(authority.PolicyWrite)
}

// plan shows what would become of people if a revision came into force, and the
// button that carries out what it shows.
func (c *Console) plan(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	if c.Policies == nil {
		return errNoPolicy
	}
	ctx, id := r.Context(), holdfast.RevisionID(r.PathValue("id"))
	p, err := c.Revisions.Plan(ctx, v.Actor(), id)
	if e, ok := errors.AsType[*holdfast.Error](err); ok && (e.Kind == holdfast.Conflict || e.Kind == holdfast.Invalid) {
		c.Visits.Flash(w, page.ToneAlarm, e.Text) // nothing can become of it any more
		http.Redirect(w, r, page.RevisionPath(string(id)), http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	to := &page.Plan{Check: checked(p.Proposed, p.Warnings)}
	names := c.names()
	names.actor(p.Revision.Author)
	if i, ok := p.Impact.(rejudge.Impact); ok {
		if err := c.fillPlan(ctx, names, i, to); err != nil {
			return err
		}
	} else if err := names.read(ctx); err != nil {
		return err
	}
	if p.Counting != nil {
		to.Counting = &page.Progress{ID: "counted", Label: "People counted", Done: int(p.Counting.Done), Total: int(p.Counting.Total), Noun: "people"}
	}
	to.Row = revisionRow(p.Revision, names, len(p.Approvals))
	c.planRights(v, p, to)
	to.Export = page.ExportOf(r.URL.Query())
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// planRights says what is to be done next, and by whom.
func (c *Console) planRights(v visit.Visit, p govern.Plan, to *page.Plan) {
	to.Asks = to.Check.Asks()
	if from := parties(p.From.From); to.Asks == "" && p.Revision.Needs > 0 {
		to.Asks = fmt.Sprintf("It takes %d of %s.", p.Revision.Needs, cmp.Or(from, "nobody that there is"))
	}
	to.Asks += fmt.Sprintf(" %d have approved.", len(p.Approvals))
	if p.Impact != nil {
		if e, ok := errors.AsType[*holdfast.Error](p.Impact.Refusal()); ok {
			to.Refused = e.Text
		}
	}
	switch {
	case to.Counting != nil || to.Refused != "":
	case p.Revision.State == revision.Proposed:
		to.WhyNot = fmt.Sprintf("It waits for %d more to approve it. Then it is put in force from here.", max(0, p.Revision.Needs-int64(len(p.Approvals))))
	case !v.Holds().Has(authority.PolicyWrite):
		to.WhyNot = "You may look at it. Somebody who may change the policy puts it in force."
	default:
		to.MayApply = mayApply(v, p.Revision)
	}
}

// fillPlan puts an impact into words, and names those whom it is about.
func (c *Console) fillPlan(ctx context.Context, names *names, i rejudge.Impact, to *page.Plan) error {
	to.Digest, to.Taken = i.Digest, i.At
	to.People, to.Passkeys, to.LockedOut, to.Suspended = int(i.People), int(i.Credentials), int(i.LockedOut), int(i.Suspended)
	to.Sessions, to.Lapsed, to.Uncovered = int(i.Sessions), int(i.Lapsed), int(i.Uncovered)
	to.Before, to.After = int(i.AdministratorsBefore), int(i.AdministratorsAfter)
	shown := map[int][]holdfast.PersonID{}
	for _, l := range i.Locked {
		if len(shown[l.Cause]) < namedOfCause {
			shown[l.Cause] = append(shown[l.Cause], l.Person)
			names.person(l.Person)
		}
	}
	for _, m := range i.Moves {
		for _, id := range m.Who {
			names.person(id)
		}
	}
	keys := i.Suspends[:min(len(i.Suspends), listedKeys)]
	ids := make([]holdfast.CredentialID, len(keys))
	for n, k := range keys {
		names.person(k.Person)
		ids[n] = k.Credential
	}
	if err := names.read(ctx); err != nil {
		return err
	}
	known, err := c.Store.CredentialsByID(ctx, ids)
	if err != nil {
		return err
	}
	links := func(ids []holdfast.PersonID) (out []page.Link) {
		for _, id := range ids {
			out = append(out, names.subjectLink(string(id), ""))
		}
		return out
	}
	for n, cause := range i.Causes {
		to.Causes = append(to.Causes, page.PlanCause{Segment: cause.Segment, Why: cause.Why, Way: cause.Way, People: int(cause.People), Who: links(shown[n])})
	}
	for _, m := range i.Moves {
		to.Moves = append(to.Moves, page.PlanMove{From: m.From, To: m.To, People: int(m.People), Who: links(m.Who)})
	}
	for _, k := range keys {
		to.Suspends = append(to.Suspends, page.PlanKey{Passkey: credentialLink(k.Credential, known), Who: names.subjectLink(string(k.Person), ""), Why: k.Why})
	}
	return nil
}

// lockedRow is a line of the file.
type lockedRow struct {
	id, name, email string
	rejudge.Cause
}

// planFile is who could not sign in any more, the first thousand, with why and
// what to do.
func (c *Console) planFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	if c.Policies == nil {
		return errNoPolicy
	}
	s := sheet[lockedRow]{name: "plan", scope: authority.PolicyRead, columns: []column[lockedRow]{
		{"id", func(l lockedRow) any { return l.id }},
		{"name", func(l lockedRow) any { return l.name }},
		{"email", func(l lockedRow) any { return l.email }},
		{"segment", func(l lockedRow) any { return l.Segment }},
		{"code", func(l lockedRow) any { return l.Code }},
		{"why", func(l lockedRow) any { return l.Why }},
		{"way", func(l lockedRow) any { return l.Way }},
	}}
	s.count, s.next = once(func(ctx context.Context) ([]lockedRow, error) {
		p, err := c.Revisions.Plan(ctx, v.Actor(), holdfast.RevisionID(r.PathValue("id")))
		if err != nil {
			return nil, err
		}
		i, ok := p.Impact.(rejudge.Impact)
		if !ok {
			return nil, holdfast.Errorf(holdfast.Unavailable, "plan_counting", "The plan is being counted. Ask again in a moment.")
		}
		names := c.names()
		for _, l := range i.Locked {
			names.person(l.Person)
		}
		if err := names.read(ctx); err != nil {
			return nil, err
		}
		rows := make([]lockedRow, len(i.Locked))
		for n, l := range i.Locked {
			rows[n] = lockedRow{string(l.Person), names.people[l.Person], names.emails[l.Person], i.Causes[l.Cause]}
		}
		return rows, nil
	})
	return send(c, w, r, v, s)
}

// applyRevision carries out the plan that was shown.
func (c *Console) applyRevision(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	if c.Policies == nil {
		return errNoPolicy
	}
	id, plan := r.PathValue("id"), r.PostFormValue("plan")
	at := page.RevisionPath(id, "plan")
	if plan == "" {
		return c.pressed(w, r, holdfast.Errorf(holdfast.Conflict, "plan_first", "Look at the plan first, and put it in force from there."), "", at)
	}
	_, err := c.Revisions.Apply(r.Context(), v.Actor(), holdfast.RevisionID(id), plan)
	if err == nil {
		at = page.RevisionPath(id)
	}
	return c.pressed(w, r, refusedHere(err), "It is in force. Everybody’s passkeys are judged by it now.", at)
}
