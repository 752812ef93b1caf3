package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/finding"
	"holdfast/domain/revision"
	"holdfast/domain/task"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// What waits for somebody: replacements, findings, revisions to approve, and
// the judging that goes on.

// taskWhy says why a passkey is to be replaced.
var taskWhy = map[string]string{
	task.NotAccepted: "The policy does not accept it any more for this person.",
	task.LastWay:     "The policy does not accept it any more; it is the last administrator’s last way in.",
	task.Status:      "The maker’s metadata warns of this model.",
}

func (c *Console) replacementRows(ctx context.Context, v visit.Visit, tasks []task.Record) ([]page.Replacement, error) {
	names, ids := c.names(), make([]holdfast.CredentialID, len(tasks))
	for i, t := range tasks {
		names.person(t.Person)
		ids[i] = t.Credential
	}
	if err := names.read(ctx); err != nil {
		return nil, err
	}
	known, err := c.Store.CredentialsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]page.Replacement, len(tasks))
	for i, t := range tasks {
		why := taskWhy[t.Why]
		if why == "" {
			why = t.Why
		}
		rows[i] = page.Replacement{ID: string(t.ID), Who: names.subjectLink(string(t.Person), t.Person), WhoID: string(t.Person),
			Passkey: credentialLink(t.Credential, known), Why: why, Detail: t.Detail, Opened: t.Opened, Due: t.Due, Ended: t.Ended,
			State: string(t.State), Last: t.Why == task.LastWay, Linked: t.Ticket != "", Above: names.above(v, t.Person)}
		if t.State == task.Open && t.Due.IsZero() && known[t.Credential].Status == credential.Active {
			rows[i].Last = true // it works
		}
	}
	return rows, nil
}

// taskState reads the filter; open where it says nothing.
func taskState(r *http.Request) (task.State, string) {
	switch s := r.FormValue("state"); s {
	case string(task.Done), string(task.Cancelled):
		return task.State(s), s
	case "any":
		return "", s
	}
	return task.Open, ""
}

func (c *Console) replacements(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx, k := r.Context(), span(r)
	state, asked := taskState(r)
	tasks, more, err := c.Store.TasksWhere(ctx, state, k)
	if err != nil {
		return err
	}
	total, err := c.Store.CountTasksWhere(ctx, state, store.Many)
	if err != nil {
		return err
	}
	to := &page.Replacements{State: asked, Export: page.ExportOf(r.URL.Query())}
	if to.Rows, err = c.replacementRows(ctx, v, tasks); err != nil {
		return err
	}
	to.Pager.Total = int(total)
	if len(tasks) > 0 {
		to.Pager = parts(r, k, string(tasks[0].ID), string(tasks[len(tasks)-1].ID), len(tasks), more, total)
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

func (c *Console) replacementsFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	state, _ := taskState(r)
	type row struct {
		task.Record
		page.Replacement
	}
	return send(c, w, r, v, sheet[row]{
		name: "replacements", scope: authority.PolicyRead, columns: []column[row]{
			{"id", func(t row) any { return string(t.Record.ID) }},
			{"person_id", func(t row) any { return t.WhoID }},
			{"person", func(t row) any { return t.Who.Text }},
			{"passkey_id", func(t row) any { return string(t.Credential) }},
			{"passkey", func(t row) any { return t.Passkey.Text }},
			{"why", func(t row) any { return t.Record.Why }},
			{"detail", func(t row) any { return t.Record.Detail }},
			{"state", func(t row) any { return string(t.Record.State) }},
			{"opened", func(t row) any { return t.Record.Opened }},
			{"due", func(t row) any { return t.Record.Due }},
			{"ended", func(t row) any { return t.Record.Ended }},
		},
		count: func(ctx context.Context) (int64, error) { return c.Store.CountTasksWhere(ctx, state, 0) },
		next: func(ctx context.Context, after string) ([]row, string, error) {
			tasks, _, err := c.Store.TasksWhere(ctx, state, store.Span{After: after, Limit: step})
			if err != nil || len(tasks) == 0 {
				return nil, "", err
			}
			rows, err := c.replacementRows(ctx, v, tasks)
			if err != nil {
				return nil, "", err
			}
			out := make([]row, len(tasks))
			for i, t := range tasks {
				out[i] = row{t, rows[i]}
			}
			return out, string(tasks[len(tasks)-1].ID), nil
		},
	})
}

// replace makes the link by which a task's person replaces their passkey, and
// shows it once.
func (c *Console) replace(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	link, err := c.Govern.LinkTask(r.Context(), v.Actor(), holdfast.TaskID(r.PathValue("id")))
	if err != nil {
		return c.pressed(w, r, err, "", page.PathReplacements)
	}
	return c.showLink(w, r, v, link)
}

// cancelTask closes a task that is settled otherwise.
func (c *Console) cancelTask(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	err := c.Govern.CancelTask(r.Context(), v.Actor(), holdfast.TaskID(r.PathValue("id")))
	return c.pressed(w, r, err, "It is closed. The passkey is as it was.", page.PathReplacements)
}

func (c *Console) findings(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	rows, err := c.findingRows(r.Context())
	if err != nil {
		return err
	}
	to := &page.Findings{Rows: rows, Export: page.ExportOf(r.URL.Query())}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// findingRows are the open findings, the worst first.
func (c *Console) findingRows(ctx context.Context) ([]page.FindingRow, error) {
	open, err := c.Store.OpenFindings(ctx)
	if err != nil {
		return nil, err
	}
	names := c.names()
	for _, f := range open {
		names.person(f.Person)
		names.subject(f.Subject)
	}
	if err := names.read(ctx); err != nil {
		return nil, err
	}
	var rows []page.FindingRow
	for _, severity := range []finding.Severity{finding.High, finding.Medium, finding.Low} {
		for _, f := range open {
			if f.Severity == severity {
				rows = append(rows, page.FindingRow{ID: string(f.ID), Code: f.Code, Severity: string(f.Severity), About: c.about(f, names),
					Text: f.Text, Remedy: f.Remedy, Opened: f.Opened})
			}
		}
	}
	return rows, nil
}

// about leads to what a finding is about.
func (c *Console) about(f finding.Record, names *names) page.Link {
	to := names.subjectLink(f.Subject, f.Person)
	if to.URL == "" {
		switch noun, _, _ := strings.Cut(f.Code, "_"); noun {
		case "provider":
			to.URL = page.PathProviders
		case "metadata", "mds":
			to.URL = page.PathMetadata
		case "assertion", "policy":
			to.URL = page.PathPolicy
		case "model", "replacement", "task":
			to.URL = page.PathReplacements
		}
	}
	return to
}

func (c *Console) findingsFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	s := sheet[page.FindingRow]{name: "findings", scope: authority.PolicyRead, columns: []column[page.FindingRow]{
		{"id", func(f page.FindingRow) any { return f.ID }},
		{"code", func(f page.FindingRow) any { return f.Code }},
		{"severity", func(f page.FindingRow) any { return f.Severity }},
		{"about", func(f page.FindingRow) any { return f.About.Text }},
		{"text", func(f page.FindingRow) any { return f.Text }},
		{"remedy", func(f page.FindingRow) any { return f.Remedy }},
		{"opened", func(f page.FindingRow) any { return f.Opened }},
	}}
	s.count, s.next = once(c.findingRows)
	return send(c, w, r, v, s)
}

// jobWhy says what asked for judging everybody.
var jobWhy = map[string]string{
	"policy.applied":    "a revision of the policy came into force",
	"metadata.imported": "newer FIDO metadata was imported",
	"the day":           "a day has passed",
}

// jobShown is for how long a job that ended is still shown.
const jobShown = 24 * 60 * 60 // seconds

// rejudging is the judging of everybody that goes on, or went on lately.
func (c *Console) rejudging(ctx context.Context) ([]page.Rejudging, error) {
	j, err := c.Store.RejudgeJob(ctx)
	if err != nil || j.Begun.IsZero() {
		return nil, err
	}
	if !j.Running() && (j.Why == "the day" || c.Visits.Clock().Sub(j.Ended).Seconds() > jobShown) {
		return nil, nil
	}
	why := jobWhy[j.Why]
	if why == "" {
		why = "something changed"
	}
	out := page.Rejudging{Why: why, Started: j.Begun, Ended: j.Ended,
		Bar: page.Progress{ID: "judged", Label: "People looked at", Done: int(j.Done), Total: int(j.Total), Noun: "people"}}
	var says []string
	for _, n := range []struct {
		n         int64
		one, many string
	}{
		{j.Credentials, "passkey was judged", "passkeys were judged"},
		{j.Suspended, "was suspended", "were suspended"},
		{j.Staged, "will be, on a day that was told", "will be, on a day that was told"},
		{j.Spared, "was spared as the last way in", "were spared as the last ways in"},
		{j.Uncovered, "person is covered by no segment", "people are covered by no segment"},
	} {
		if n.n > 0 {
			says = append(says, fmt.Sprintf("%d %s", n.n, plural(n.n, n.one, n.many)))
		}
	}
	if len(says) > 0 {
		out.Says = capital(strings.Join(says, ", ")) + "."
	}
	return []page.Rejudging{out}, nil
}

// needs are what waits for who looks, on the start page.
func (c *Console) needs(ctx context.Context, v visit.Visit) (out []page.Need, err error) {
	if !v.Holds().Has(authority.PolicyRead) {
		return nil, nil
	}
	if out, err = c.needsOfPolicy(ctx, v); err != nil {
		return nil, err
	}
	around, err := c.needsOfSurroundings(ctx, v)
	if err != nil {
		return nil, err
	}
	out = append(out, around...)
	n, err := c.Store.CountTasksWhere(ctx, task.Open, store.Many)
	if err != nil {
		return nil, err
	}
	if n > 0 {
		text := fmt.Sprintf("%s to be replaced.", numbered(n, "passkey is", "passkeys are"))
		out = append(out, page.Need{Tone: page.ToneWarn, Text: text, Link: page.Link{Text: "See them", URL: page.PathReplacements}})
	}
	open, err := c.Store.OpenFindings(ctx)
	if err != nil {
		return nil, err
	}
	high := int64(0)
	for _, f := range open {
		if f.Severity == finding.High {
			high++
		}
	}
	link := page.Link{Text: "See them", URL: page.PathFindings}
	if high > 0 {
		out = append(out, page.Need{Tone: page.ToneAlarm, Text: numbered(high, "finding is high.", "findings are high."), Link: link})
	} else if n := int64(len(open)); n > 0 {
		out = append(out, page.Need{Tone: page.ToneNote, Text: numbered(n, "finding is open.", "findings are open."), Link: link})
	}
	return out, nil
}

func numbered(n int64, one, many string) string {
	if n > store.Many {
		return fmt.Sprintf("More than %d %s", store.Many, many)
	}
	return fmt.Sprintf("%d %s", n, plural(n, one, many))
}

// needsOfPolicy are revisions that wait, and a policy that cannot be read.
func (c *Console) needsOfPolicy(ctx context.Context, v visit.Visit) (out []page.Need, err error) {
	if c.Policies == nil {
		return nil, nil
	}
	failed, err := c.unusable(ctx)
	if err != nil {
		return nil, err
	}
	if failed != "" {
		out = append(out, page.Need{Tone: page.ToneAlarm, Text: failed, Link: page.Link{Text: "Open the policy", URL: page.PathPolicy}})
	}
	if !v.Holds().Has(authority.PolicyApprove) {
		return out, nil
	}
	all, err := c.Store.Revisions(ctx)
	for _, r := range all {
		text := fmt.Sprintf("Revision %d of the policy waits for approval.", r.Number)
		switch {
		case r.State == revision.Approved:
			text = fmt.Sprintf("Revision %d of the policy is approved, and not in force.", r.Number)
		case r.State != revision.Proposed:
			continue
		}
		out = append(out, page.Need{Tone: page.ToneWarn, Text: text, Link: page.Link{Text: "Read it", URL: page.RevisionPath(string(r.ID))}})
	}
	return out, err
}

// writeJSON answers the console's own script.
func writeJSON(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return errors.New("console: internal error: " + err.Error())
	}
	page.Headers(w.Header())
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
	return nil
}
