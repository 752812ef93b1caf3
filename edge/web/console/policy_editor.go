package console

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/policy"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/flow/govern"
)

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
