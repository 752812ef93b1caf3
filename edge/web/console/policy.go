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
	"holdfast/domain/authority"
	"holdfast/domain/policy"
	"holdfast/domain/policy/compare"
	"holdfast/domain/revision"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/flow/govern"
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

// clauses are a document as sentences.
func clauses(d *policy.Document) (segments, rest []page.Clause) {
	reading := policy.Sentences(d)
	for i, s := range reading.Segments {
		c := page.Clause{Name: s.Name, Line: d.At(fmt.Sprintf("segments[%d]", i)).Line, Sentences: append([]string{s.Who}, s.Lines...)}
		if s.Privileged {
			c.Mark = "privileged"
		}
		segments = append(segments, c)
	}
	if len(reading.Access) > 0 {
		rest = append(rest, page.Clause{Name: "Conditional access", Line: d.At("access").Line, Sentences: reading.Access})
	}
	if len(reading.Changes) > 0 {
		rest = append(rest, page.Clause{Name: "Changes of the policy itself", Line: d.At("metadata.change_control").Line, Sentences: reading.Changes})
	}
	return segments, rest
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

// editPolicy is the editor, with the text that the address asks for: what is
// in force, a revision, or a preset.
func (c *Console) editPolicy(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	if c.Policies == nil {
		return errNoPolicy
	}
	rec, err := c.inForce(r.Context())
	if err != nil {
		return err
	}
	to := &page.PolicyEdit{Text: string(rec.Text), Base: "what is in force"}
	from := r.URL.Query().Get("from")
	for _, p := range policy.Presets() {
		if p.Name == from {
			to.Text, to.Base = string(p.Text), "the preset "+p.Name
		}
	}
	if strings.HasPrefix(from, "rev_") {
		old, err := c.Store.Revision(r.Context(), holdfast.RevisionID(from))
		if err != nil {
			return err
		}
		to.Text, to.Base = string(old.Text), fmt.Sprintf("revision %d", old.Number)
	}
	return c.showEditor(w, r, v, http.StatusOK, to, from)
}

func (c *Console) showEditor(w http.ResponseWriter, r *http.Request, v visit.Visit, status int, to *page.PolicyEdit, from string) error {
	to.Presets = []page.Option{{Value: "", Label: "what is in force", Chosen: from == ""}}
	for _, p := range policy.Presets() {
		label := "the preset " + p.Name
		if d, problems := policy.Parse(p.Name, p.Text); !problems.Bad() && len(d.Segments) > 0 {
			label += ", " + presetWords[p.Name]
		}
		to.Presets = append(to.Presets, page.Option{Value: p.Name, Label: strings.TrimSuffix(label, ", "), Chosen: from == p.Name})
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, status, to)
	return nil
}

// presetWords say what a preset is for.
var presetWords = map[string]string{
	"nist-aal2":          "any passkey for everybody",
	"phr-required":       "nothing that can be phished",
	"hybrid":             "keys for the few, synced passkeys for the many",
	"federal-enterprise": "certified keys for those with power, managed accounts for the rest",
}

// proposal is what the editor holds. The files that it names are those of the
// revision in force: the editor changes the text alone.
func (c *Console) proposal(r *http.Request) (govern.Proposal, error) {
	p := govern.Proposal{File: "policy.yaml", Text: []byte(strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n")), Note: strings.TrimSpace(r.PostFormValue("note"))}
	rec, err := c.inForce(r.Context())
	if err != nil {
		return p, err
	}
	files, err := rec.FileTexts()
	p.Files = named(p.Text, files)
	return p, err
}

// named are those of files that a text names: one that it does not name would
// be no part of it.
func named(text []byte, files map[string][]byte) map[string][]byte {
	out := map[string][]byte{}
	d, _ := policy.Parse("policy.yaml", text)
	if d == nil {
		return out
	}
	for _, root := range d.Roots.Of {
		if f, ok := files[root.File]; ok && root != nil {
			out[root.File] = f
		}
	}
	return out
}

// checkPolicy says what is found in a text, as a page or, to the script of the
// editor, as JSON.
func (c *Console) checkPolicy(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	if c.Policies == nil {
		return errNoPolicy
	}
	p, err := c.proposal(r)
	if err != nil {
		return err
	}
	check, err := c.check(r.Context(), v, p)
	if err != nil {
		return err
	}
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		return writeJSON(w, found(check))
	}
	return c.showEditor(w, r, v, http.StatusOK, &page.PolicyEdit{Text: string(p.Text), Note: p.Note, Check: check}, "")
}

// check reads a text as it would be read to come into force.
func (c *Console) check(ctx context.Context, v visit.Visit, p govern.Proposal) (page.Check, error) {
	foreseen, e, err := c.Revisions.Foresee(ctx, v.Actor(), p)
	if err != nil {
		return page.Check{}, err
	}
	check := checked(foreseen, e.Problems)
	rec, err := c.inForce(ctx)
	check.Same = err == nil && string(rec.Text) == string(p.Text)
	return check, err
}

func checked(p govern.Proposed, problems policy.Problems) page.Check {
	check := page.Check{Done: true, Lowers: p.Revision.Lowers, Needs: int(p.Revision.Needs), From: parties(p.From.From)}
	for _, q := range problems {
		text := q.Text
		if q.Path != "" && !strings.Contains(text, q.Path) {
			text = q.Path + ": " + text
		}
		check.Flaws = append(check.Flaws, page.Flaw{Line: q.At.Line, Column: q.At.Column, Rule: q.Rule, Warning: q.Severity == policy.Warning,
			Text: text, Remedy: q.Remedy})
	}
	for _, d := range p.Changes {
		check.Changes = append(check.Changes, page.PolicyChange{Where: cmp.Or(strings.Join(d.Segments, ", "), d.Path), Text: d.Text,
			Raises: d.Direction == "raises", Lowers: d.Lowering(), Was: d.Before, Is: d.After})
	}
	return check
}

// parties names whom a policy asks.
func parties(from []policy.Party) string {
	var out []string
	for _, p := range from {
		if name, ok := p.Group(); ok {
			out = append(out, "the group "+name)
		} else if role, ok := p.Role(); ok {
			out = append(out, cmp.Or(map[string]string{"administrator": "administrators", "helpdesk": "the help desk", "auditor": "auditors"}[role], "those with the power "+role))
		} else {
			out = append(out, string(p))
		}
	}
	return strings.Join(out, " or ")
}

// foundJSON is what the editor's script is told.
type foundJSON struct {
	Says    string       `json:"says"`
	Asks    string       `json:"asks"`
	Flaws   []flawJSON   `json:"flaws"`
	Changes []changeJSON `json:"changes"`
}

type flawJSON struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Rule    string `json:"rule"`
	Warning bool   `json:"warning"`
	Text    string `json:"text"`
	Remedy  string `json:"remedy"`
}

type changeJSON struct {
	Where  string `json:"where"`
	Text   string `json:"text"`
	Was    string `json:"was"`
	Is     string `json:"is"`
	Effect string `json:"effect"`
}

func found(check page.Check) foundJSON {
	out := foundJSON{Says: check.Says(), Asks: check.Asks(), Flaws: []flawJSON{}, Changes: []changeJSON{}}
	for _, f := range check.Flaws {
		out.Flaws = append(out.Flaws, flawJSON(f))
	}
	for _, d := range check.Changes {
		out.Changes = append(out.Changes, changeJSON{d.Where, d.Text, d.Was, d.Is, d.Badge().Text})
	}
	return out
}

var proposalFields = fieldOf{"policy_note": "note"}

func (c *Console) proposePolicy(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	if c.Policies == nil {
		return errNoPolicy
	}
	p, err := c.proposal(r)
	if err != nil {
		return err
	}
	if err := c.Govern.Allowed(r.Context(), v.Actor(), authority.PolicyWrite); holdfast.KindOf(err) == holdfast.Unsigned && err != nil && v.SignedIn() {
		// Who has typed for longer than a confirmation lasts keeps the text.
		return c.showEditor(w, r, v, http.StatusForbidden, &page.PolicyEdit{Text: string(p.Text), Note: p.Note, Confirm: true}, "")
	}
	out, err := c.Revisions.Propose(r.Context(), v.Actor(), p)
	if shown, status, ok := proposalFields.onForm(err); ok {
		check, err := c.check(r.Context(), v, p)
		if err != nil {
			return err
		}
		return c.showEditor(w, r, v, status, &page.PolicyEdit{Text: string(p.Text), Note: p.Note, Check: check, Errors: shown}, "")
	}
	if err != nil {
		return err
	}
	return c.done(w, r, "Proposed. It changes nothing until it is approved and applied.", page.RevisionPath(string(out.Revision.ID)))
}

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
	to.MayApply = p.Revision.State == revision.Approved && holds.Has("policy:write")
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
	case !to.MayApprove:
		to.WhyNot = "It is approved by " + cmp.Or(parties(p.From.From), "nobody that there is") + ". You are not one of them."
	}
	if p.Host != "" {
		to.WhyNot = strings.TrimSpace(to.WhyNot + " " + p.Host + " Until that changes, the host’s administrator may approve: holdfast policy approve, on the server.")
	}
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

func applying(s Revisions) func(context.Context, holdfast.Actor, holdfast.RevisionID) error {
	return func(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID) error {
		_, err := s.Apply(ctx, by, id)
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
	if ok && (e.Code == "author_approves" || e.Code == "not_an_approver") {
		return holdfast.Errorf(holdfast.Conflict, e.Code, "%s", e.Text)
	}
	return err
}
