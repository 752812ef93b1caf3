package console

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/decision"
	"holdfast/domain/policy"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// ops are what a decision may be about, as pages name it.
var ops = []struct {
	op    policy.Op
	words string
}{
	{policy.SignIn, "sign in"}, {policy.Enrol, "make a first passkey"}, {policy.Bind, "add a passkey"}, {policy.Recover, "get back in"},
	{policy.Replace, "replace a passkey"}, {policy.Unlock, "unlock"}, {policy.Export, "take data out"}, {policy.Admin, "change what others depend on"},
}

func opWords(op policy.Op) string {
	for _, o := range ops {
		if o.op == op {
			return o.words
		}
	}
	return string(op)
}

// decisionFilter is what an address asks of the decisions. What allowed is
// listed for one person only: there is one for each sign-in.
type decisionFilter struct {
	store.DecisionList
	code, outcome string
	nobody        bool // nobody is called so
}

func (c *Console) decisionFilter(r *http.Request) (decisionFilter, error) {
	f := decisionFilter{code: code(r.FormValue("code"))}
	if q := search(r); q != "" {
		ids, err := c.peopleTyped(r.Context(), q)
		if err != nil {
			return f, err
		}
		if strings.HasPrefix(q, "per_") {
			ids = []holdfast.PersonID{holdfast.PersonID(q)}
		}
		if len(ids) == 0 {
			f.nobody = true
			ids = []holdfast.PersonID{"nobody"}
		}
		f.Person = ids[0]
	}
	switch o := r.FormValue("outcome"); o {
	case string(policy.Deny), string(policy.Need), string(policy.Allow):
		f.Outcome, f.outcome = policy.Outcome(o), o
	case "any":
		f.outcome = o
	}
	for _, o := range ops {
		if r.FormValue("op") == string(o.op) {
			f.Op = o.op
		}
	}
	return f, nil
}

// code is one of a reason: letters, digits and what joins them.
func code(text string) string {
	ok := func(r rune) bool { return r == '_' || r == '-' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
	if len(text) > 64 || strings.ContainsFunc(text, func(r rune) bool { return !ok(r) }) {
		return ""
	}
	return text
}

// refused leaves out what allowed, where the address does not ask for it.
func (f decisionFilter) refused() bool { return f.outcome == "" }

func (c *Console) decisions(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx, k := r.Context(), span(r)
	f, err := c.decisionFilter(r)
	if err != nil {
		return err
	}
	to := &page.Decisions{Query: search(r), Outcome: f.outcome, Op: string(f.Op), Code: f.code, Export: page.ExportOf(r.URL.Query()),
		Unnamed: f.Person == "" && (f.Outcome == policy.Allow || f.outcome == "any")}
	found, more, err := c.Store.DecisionsWhere(ctx, f.list(), f.code, k)
	if err != nil {
		return err
	}
	total, err := c.Store.CountDecisionsWhere(ctx, f.list(), f.code, store.Many)
	if err != nil {
		return err
	}
	if to.Rows, err = c.decisionRows(ctx, found); err != nil {
		return err
	}
	if to.Pager.Total = int(total); len(found) > 0 {
		to.Pager = parts(r, k, string(found[0].ID), string(found[len(found)-1].ID), len(found), more, total)
	}
	if err := c.decisionChoices(ctx, f, to); err != nil {
		return err
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// list is what the store is asked for.
func (f decisionFilter) list() store.DecisionList {
	l := f.DecisionList
	l.Refused = f.refused()
	return l
}

// codesOf is of how many of the latest refusals the reasons are offered.
const codesOf = 1000

func (c *Console) decisionChoices(ctx context.Context, f decisionFilter, to *page.Decisions) error {
	to.Ops = []page.Option{{Value: "", Label: "Anything", Chosen: f.Op == ""}}
	for _, o := range ops {
		to.Ops = append(to.Ops, page.Option{Value: string(o.op), Label: o.words, Chosen: f.Op == o.op})
	}
	codes, err := c.Store.RefusalCodes(ctx, codesOf)
	if err != nil {
		return err
	}
	if f.code != "" {
		codes[f.code] += 0
	}
	for code, n := range codes {
		if code != "" {
			to.Codes = append(to.Codes, page.Option{Value: code, Label: fmt.Sprintf("%s (%d lately)", code, n), Chosen: f.code == code})
		}
	}
	slices.SortFunc(to.Codes, func(a, b page.Option) int { return strings.Compare(a.Value, b.Value) })
	to.Codes = append([]page.Option{{Value: "", Label: "Any reason", Chosen: f.code == ""}}, to.Codes...)
	return nil
}

// decisionRows says each decision in a sentence.
func (c *Console) decisionRows(ctx context.Context, found []decision.Record) ([]page.DecisionRow, error) {
	names, ids := c.names(), make([]holdfast.CredentialID, 0, len(found))
	for _, d := range found {
		names.person(d.Person)
		names.subject(string(d.App))
		if d.Credential != "" {
			ids = append(ids, d.Credential)
		}
	}
	if err := names.read(ctx); err != nil {
		return nil, err
	}
	known, err := c.Store.CredentialsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]page.DecisionRow, len(found))
	for i, d := range found {
		row := page.DecisionRow{ID: string(d.ID), At: d.At, Op: opWords(d.Op), Who: names.subjectLink(string(d.Person), d.Person),
			Outcome: string(d.Outcome), Code: d.Code, Segment: d.Segment}
		if d.App != "" {
			row.To = names.subjectLink(string(d.App), "")
		}
		if d.Credential != "" {
			row.Key = c.keyOf(d, known)
		}
		row.Says = capital(decisionSays(row))
		rows[i] = row
	}
	return rows, nil
}

// keyOf leads to the passkey of a decision. One that was refused when it was to
// be made never came to be.
func (c *Console) keyOf(d decision.Record, known map[holdfast.CredentialID]credential.Record) page.Link {
	if _, ok := known[d.Credential]; !ok && d.Outcome != policy.Allow && d.Op != policy.SignIn {
		return page.Link{Text: "a new passkey"}
	}
	return credentialLink(d.Credential, known)
}

func decisionSays(d page.DecisionRow) string {
	to := ""
	if d.To.Text != "" {
		to = " to " + d.To.Text
	}
	switch who := cmp.Or(d.Who.Text, "somebody"); {
	case d.Outcome == string(policy.Allow):
		return who + " was allowed to " + d.Op + to
	case d.Outcome == string(policy.Need):
		return who + " needs more to " + d.Op + to
	case d.Op == "sign in":
		return who + " was not let in" + to
	default:
		return who + " was not allowed to " + d.Op + to
	}
}

func (c *Console) decisionsFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	f, err := c.decisionFilter(r)
	if err != nil {
		return err
	}
	type row struct {
		decision.Record
		page.DecisionRow
	}
	return send(c, w, r, v, sheet[row]{
		name: "decisions", scope: authority.PolicyRead, columns: []column[row]{
			{"id", func(d row) any { return string(d.Record.ID) }},
			{"at", func(d row) any { return d.Record.At }},
			{"op", func(d row) any { return string(d.Record.Op) }},
			{"outcome", func(d row) any { return string(d.Record.Outcome) }},
			{"code", func(d row) any { return d.Record.Code }},
			{"person_id", func(d row) any { return string(d.Record.Person) }},
			{"person", func(d row) any { return d.Who.Text }},
			{"passkey_id", func(d row) any { return string(d.Record.Credential) }},
			{"application_id", func(d row) any { return string(d.Record.App) }},
			{"segment", func(d row) any { return d.Record.Segment }},
			{"rules", func(d row) any { return d.Record.Rules }},
			{"policy", func(d row) any { return d.Record.Policy }},
			{"facts", func(d row) any { return d.Record.Facts }},
			{"digest", func(d row) any { return d.Record.Digest }},
		},
		count: func(ctx context.Context) (int64, error) { return c.Store.CountDecisionsWhere(ctx, f.list(), f.code, 0) },
		next: func(ctx context.Context, after string) ([]row, string, error) {
			found, _, err := c.Store.DecisionsWhere(ctx, f.list(), f.code, store.Span{After: after, Limit: step})
			if err != nil || len(found) == 0 {
				return nil, "", err
			}
			rows, err := c.decisionRows(ctx, found)
			if err != nil {
				return nil, "", err
			}
			out := make([]row, len(found))
			for i, d := range found {
				out[i] = row{d, rows[i]}
			}
			return out, string(found[len(found)-1].ID), nil
		},
	})
}

// decision makes one again and explains it. What the record says of its outcome
// is only compared.
func (c *Console) decision(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx := r.Context()
	d, err := c.Store.Decision(ctx, holdfast.DecisionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	rows, err := c.decisionRows(ctx, []decision.Record{d})
	if err != nil {
		return err
	}
	to := &page.Decision{Row: rows[0], Facts: d.Facts, Digest: d.Digest, Policy: page.Link{Text: "digest " + d.Policy[:min(12, len(d.Policy))]}}
	for _, rule := range d.Rules {
		to.Rules = append(to.Rules, page.RuleLine{Rule: rule})
	}
	if err := c.policyOf(ctx, d, to); err != nil {
		return err
	}
	if err := c.replay(ctx, d, to); err != nil {
		return err
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// policyOf leads to the revision that decided.
func (c *Console) policyOf(ctx context.Context, d decision.Record, to *page.Decision) error {
	rev, err := c.Store.RevisionByDigest(ctx, d.Policy)
	switch {
	case c.Policies != nil && d.Policy == c.Policies.First().Digest:
		to.Policy = page.Link{Text: "the preset " + c.Policies.First().Name, URL: page.PathPolicy}
	case err == nil && rev.ID == "":
		to.Policy = page.Link{Text: "the preset " + rev.Name + ", as it was then"}
	case err == nil:
		to.Policy = page.Link{Text: fmt.Sprintf("revision %d", rev.Number), URL: page.RevisionPath(string(rev.ID))}
	case holdfast.KindOf(err) != holdfast.NotFound:
		return err
	}
	return nil
}

// replay fills in what comes out when d is decided again.
func (c *Console) replay(ctx context.Context, d decision.Record, to *page.Decision) error {
	in, err := d.Input()
	var p *policy.Policy
	if err == nil && c.Policies == nil {
		err = d.ErrNoPolicy()
	}
	if err == nil {
		if p, err = c.Policies.ByDigest(ctx, c.Store, d.Policy); holdfast.KindOf(err) == holdfast.NotFound && err != nil {
			err = d.ErrNoPolicy()
		}
	}
	if e, ok := errors.AsType[*holdfast.Error](err); ok && e.Kind == holdfast.NotFound {
		to.Again = page.Replay{Failed: true, Text: e.Text}
		return nil
	}
	if err != nil {
		return err
	}
	again, same, err := d.Replay(p)
	if err != nil {
		return err
	}
	to.Again = page.Replay{Same: same, Text: "Made again from what it rested on, it comes out the same."}
	if !same {
		to.Again.Text = "Made again from what it rested on, it comes out otherwise. Run holdfast audit verify on the server."
	}
	for _, reason := range again.Reasons {
		to.Reasons = append(to.Reasons, page.RuleLine{Rule: reason.Rule, Text: reason.Text})
	}
	for _, need := range again.Needs {
		text := need.Text
		if need.Have != "" {
			text += fmt.Sprintf(" (wanted: %s; there was: %s)", need.Want, need.Have)
		}
		to.Missing = append(to.Missing, page.RuleLine{Rule: need.Rule, Text: text})
	}
	to.Inputs = inputPairs(in)
	var pretty bytes.Buffer
	if json.Indent(&pretty, d.Inputs, "", "  ") == nil {
		to.Document = pretty.String()
	}
	return nil
}

// inputPairs are what a decision rested on, in words.
func inputPairs(in policy.Input) (out []page.Pair) {
	add := func(name, value string) {
		if value != "" {
			out = append(out, page.Pair{Name: name, Value: value})
		}
	}
	add("Groups", strings.Join(in.User.Groups, ", "))
	add("Role in Holdfast", strings.Join(in.User.Roles, ", "))
	add("Employment", in.User.Employment)
	add("Passkeys", fmt.Sprintf("%d that work, %d that do not fall together", in.User.Credentials.Count, in.User.Credentials.Independent))
	if k := in.Cred; k.Kind != "" {
		words := []string{map[string]string{policy.DeviceBound: "proven to stay on its device", policy.Synced: "synced", policy.Unknown: "not proven to stay on its device"}[k.Distribution],
			pick(k.Attested, "attested", "not attested"), pick(k.UV, "user verified", "user not verified"), pick(k.ManagedDevice, "made on a managed device", "")}
		if k.Provider != "" {
			words = append(words, "at "+k.Provider)
		}
		add("The passkey in hand", strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), ", "))
		add("Status of its model", strings.Join(k.Statuses, ", "))
	}
	if in.Auth.AAL > 0 {
		add("Sign-in that there was", fmt.Sprintf("AAL%d, %s ago", in.Auth.AAL, seconds(in.Auth.AgeS)))
	}
	device := "not known"
	if in.Device.ID != "" {
		device = in.Device.ID + ", " + pick(in.Device.Managed, "managed", "not managed") + ", " + pick(in.Device.Compliant, "compliant", "not compliant")
		if in.Device.PostureAgeS > 0 {
			device += ", reported " + seconds(in.Device.PostureAgeS) + " before"
		}
	}
	add("Device", device)
	add("Network", strings.Join(slices.DeleteFunc([]string{in.Net.IP, in.Net.Zone, in.Net.Country}, func(w string) bool { return w == "" }), ", "))
	add("Application", in.App.ID)
	if in.Risk.Score > 0 {
		add("Risk", strconv.FormatInt(in.Risk.Score, 10))
	}
	return out
}

func pick(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// seconds says how long: "40 seconds", "12 minutes".
func seconds(n int64) string {
	switch {
	case n < 120:
		return fmt.Sprintf("%d seconds", n)
	case n < 2*60*60:
		return fmt.Sprintf("%d minutes", n/60)
	case n < 2*24*60*60:
		return fmt.Sprintf("%d hours", n/3600)
	}
	return fmt.Sprintf("%d days", n/86400)
}
