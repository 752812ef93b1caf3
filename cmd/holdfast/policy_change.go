package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"holdfast/domain/policy"
	"holdfast/domain/policy/compare"
	"holdfast/edge/web/api"
)

// policyDiff compares two files, or what is in force with one.
type policyDiff struct{ atFlag }

func (d *policyDiff) flags(fs *flag.FlagSet) input {
	d.atFlag.flags(fs)
	return nil
}

func (d *policyDiff) run(ctx context.Context, c console, h hostFlags, args []string) error {
	to, err := d.document(args[len(args)-1])
	if err != nil {
		return err
	}
	var from *policy.Document
	if len(args) == 2 {
		from, err = d.document(args[0])
	} else {
		from, err = inForce(ctx, c, h)
	}
	if err != nil {
		return err
	}
	lowers, changes := compare.Lowers(from, to)
	if h.json {
		return printJSON(c, api.Diff{Lowers: lowers, Changes: append([]compare.Change{}, changes...)})
	}
	for _, d := range directions { // what lowers first
		for _, ch := range changes {
			if ch.Direction == d.direction {
				fmt.Fprintln(c.out, changeLine(ch))
			}
		}
	}
	switch {
	case len(changes) == 0:
		fmt.Fprintln(c.out, "Nothing changes in meaning.")
	case lowers:
		fmt.Fprintln(c.out, "It lowers assurance: the higher approver set decides.")
	}
	return nil
}

// changeLine is "lowers   segments.workforce.required.aal: text".
func changeLine(c compare.Change) string {
	return fmt.Sprintf("%-8s %s: %s", c.Direction, c.Path, c.Text)
}

func (d *policyDiff) document(name string) (*policy.Document, error) {
	w, err := readPolicy(name)
	if err != nil {
		return nil, err
	}
	doc, problems := policy.Parse(w.name, w.text)
	if problems.Bad() {
		return nil, problems
	}
	return doc, nil
}

// current asks for the policy in force.
func current(ctx context.Context, c console, h hostFlags) (json.RawMessage, api.Policy, error) {
	var p api.Policy
	cl, done, err := h.connect(ctx, c)
	if err != nil {
		return nil, p, err
	}
	defer done()
	text, err := cl.do(ctx, request{method: http.MethodGet, path: "/policy"})
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	return text, p, err
}

func inForce(ctx context.Context, c console, h hostFlags) (*policy.Document, error) {
	_, p, err := current(ctx, c, h)
	if err != nil {
		return nil, err
	}
	doc, problems := policy.Parse("in force", []byte(p.Text))
	if problems.Bad() {
		return nil, problems
	}
	return doc, nil
}

// policyShow prints what is in force: its text, or sentences.
type policyShow struct{ sentences, text bool }

func (s *policyShow) flags(fs *flag.FlagSet) input {
	fs.BoolVar(&s.sentences, "sentences", false, "say it in sentences")
	fs.BoolVar(&s.text, "text", false, "print the document alone, to keep or change it")
	return nil
}

func (s *policyShow) run(ctx context.Context, c console, h hostFlags, _ []string) error {
	out, p, err := current(ctx, c, h)
	switch {
	case err != nil:
		return err
	case h.json:
		return h.print(c.out, out)
	case s.sentences:
		printReading(c, p.Reading)
		return nil
	case s.text:
		_, err := c.out.Write([]byte(p.Text))
		return err
	}
	if err := h.print(c.out, out); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "\n%s", p.Text)
	return err
}

func printReading(c console, r policy.Reading) {
	for _, s := range r.Segments {
		mark := ""
		if s.Privileged {
			mark = " (privileged)"
		}
		fmt.Fprintf(c.out, "%s%s\n  %s\n  - %s\n\n", s.Name, mark, s.Who, strings.Join(s.Lines, "\n  - "))
	}
	for title, lines := range map[string][]string{"Conditional access": r.Access} {
		if len(lines) > 0 {
			fmt.Fprintf(c.out, "%s\n  - %s\n\n", title, strings.Join(lines, "\n  - "))
		}
	}
	fmt.Fprintf(c.out, "Changes\n  - %s\n", strings.Join(r.Changes, "\n  - "))
}

// policyPropose sends a document and the files that it names.
type policyPropose struct{ note string }

func (p *policyPropose) flags(fs *flag.FlagSet) input {
	fs.StringVar(&p.note, "note", "", "why, `TEXT`")
	return nil
}

func (p *policyPropose) run(ctx context.Context, c console, h hostFlags, args []string) error {
	w, err := readPolicy(args[0])
	if err != nil {
		return err
	}
	cl, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	out, err := cl.do(ctx, request{method: http.MethodPost, path: "/policy/revisions", body: api.NewRevision{Document: w.body(), Note: p.note}})
	if err != nil {
		return faults(c, err)
	}
	return h.printRevision(c.out, out)
}

// faults prints every fault of a refusal, each on a line, before the refusal.
func faults(c console, err error) error {
	if r, ok := err.(*refused); ok {
		for _, f := range r.Errors {
			fmt.Fprintf(c.err, "%s: %s\n", f.Location, f.Message)
		}
	}
	return err
}

// policyApply applies, or says what that would do.
type policyApply struct{ plan bool }

func (a *policyApply) flags(fs *flag.FlagSet) input {
	fs.BoolVar(&a.plan, "plan", false, "only say what would become of people")
	return nil
}

// run shows the plan first, and carries out the one that it showed.
func (a *policyApply) run(ctx context.Context, c console, h hostFlags, args []string) error {
	cl, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	out, p, err := a.counted(ctx, c, cl, args[0])
	if err != nil {
		return faults(c, err)
	}
	if a.plan {
		return h.printRevision(c.out, out)
	}
	if !h.json {
		if err := h.printRevision(c.err, out); err != nil {
			return err
		}
	}
	path := escaped("policy/revisions", args[0], "apply")
	if p.Impact != nil {
		path += "?plan=" + url.QueryEscape(p.Impact.Digest)
	}
	if out, err = cl.do(ctx, request{method: http.MethodPost, path: path}); err != nil {
		return faults(c, err)
	}
	return h.printRevision(c.out, out)
}

// counted asks for the plan until everybody is counted, and says how far it is.
func (a *policyApply) counted(ctx context.Context, c console, cl client, id string) (json.RawMessage, api.Planned, error) {
	for told := false; ; told = true {
		var p api.Planned
		out, err := cl.do(ctx, request{method: http.MethodGet, path: escaped("policy/revisions", id, "plan")})
		if err == nil {
			err = json.Unmarshal(out, &p)
		}
		if err != nil || p.Counting == nil {
			if told {
				fmt.Fprintln(c.err)
			}
			return out, p, err
		}
		fmt.Fprintf(c.err, "\rcounting: %d of %d people ", p.Counting.Done, p.Counting.Total)
		select {
		case <-ctx.Done():
			return nil, p, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}
