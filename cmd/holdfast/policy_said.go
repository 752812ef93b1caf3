package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"holdfast/domain/policy/compare"
	"holdfast/domain/revision"
	"holdfast/edge/web/api"
	"holdfast/flow/rejudge"
)

// revisionVerb is a verb about one revision, which is then told as people read.
func revisionVerb(name, summary, method string, then ...string) verb {
	build := on(method, "policy/revisions", then...)
	return verb{name: name, summary: summary, args: []string{"REVISION"},
		run: func(ctx context.Context, c console, h hostFlags, args []string) error {
			q, err := build(nil)(args)
			if err != nil {
				return err
			}
			cl, done, err := h.connect(ctx, c)
			if err != nil {
				return err
			}
			defer done()
			out, err := cl.do(ctx, q)
			if err != nil {
				return faults(c, err)
			}
			return h.printRevision(c.out, out)
		}}
}

// printRevision writes a revision, or the plan of one, as JSON or as people read
// it: what it is, what it changes with what lowers first, what becomes of
// people, and what to do next.
func (h hostFlags) printRevision(w io.Writer, out json.RawMessage) error {
	if h.json {
		return h.print(w, out)
	}
	var p api.Planned
	if err := json.Unmarshal(out, &p); err != nil {
		return err
	}
	var b strings.Builder
	sayRevision(&b, p.RevisionShown)
	sayChanges(&b, p.Changes)
	if len(p.Warnings) > 0 {
		fmt.Fprintf(&b, "\nWhat lint says\n")
		for _, l := range p.Warnings {
			fmt.Fprintf(&b, "  %s\n", problemLine(l))
		}
	}
	if p.Impact != nil {
		sayImpact(&b, *p.Impact)
	}
	if next := nextStep(p); next != "" {
		fmt.Fprintf(&b, "\nNext: %s\n", next)
	}
	_, err := io.WriteString(w, strings.Map(visible, b.String()))
	return err
}

const saidTime = "2006-01-02 15:04:05Z"

func sayRevision(b *strings.Builder, r api.RevisionShown) {
	fmt.Fprintf(b, "%s  number %d, %s, %s\n", r.ID, r.Number, r.Name, r.State)
	fmt.Fprintf(b, "digest    %s\n", r.Digest)
	fmt.Fprintf(b, "proposed  %s by %s\n", r.Created.UTC().Format(saidTime), r.Author)
	if r.Note != "" {
		fmt.Fprintf(b, "note      %s\n", r.Note)
	}
	for _, a := range r.Approvals {
		fmt.Fprintf(b, "approved  %s by %s", a.At.UTC().Format(saidTime), a.By)
		if a.Why != "" {
			fmt.Fprintf(b, ", in people's place: %s", a.Why)
		}
		b.WriteString("\n")
	}
	if !r.Applied.IsZero() {
		fmt.Fprintf(b, "applied   %s\n", r.Applied.UTC().Format(saidTime))
	}
	if !r.Ended.IsZero() {
		fmt.Fprintf(b, "ended     %s\n", r.Ended.UTC().Format(saidTime))
	}
	kind := "It lowers nobody"
	if r.Lowers {
		kind = "It lowers assurance"
	}
	fmt.Fprintf(b, "%s: %s asked for", kind, counted(r.Needs, "approval is", "approvals are"))
	if len(r.From) > 0 {
		fmt.Fprintf(b, ", of %s", strings.Join(r.From, " or "))
	}
	b.WriteString(".\n")
	for _, who := range r.Barred {
		fmt.Fprintf(b, "  may not approve: %s [%s] %s\n", who.Person, who.Code, who.Why)
	}
}

// sayChanges tells what needs a look first; the order within is the document's.
func sayChanges(b *strings.Builder, changes []compare.Change) {
	for _, d := range directions {
		first := true
		for _, ch := range changes {
			if ch.Direction != d.direction {
				continue
			}
			if first {
				fmt.Fprintf(b, "\n%s\n", d.title)
				first = false
			}
			fmt.Fprintf(b, "  %s: %s\n", ch.Path, ch.Text)
		}
	}
}

var directions = [...]struct {
	direction compare.Direction
	title     string
}{
	{compare.Lowered, "What lowers assurance"},
	{compare.Unknown, "What may lower it: nobody can tell, so it counts as lowering"},
	{compare.Raised, "What raises it"},
	{compare.Neither, "What does neither"},
}

func sayImpact(b *strings.Builder, i rejudge.Impact) {
	fmt.Fprintf(b, "\nWhat would become of %s with %s\n", counted(i.People, "person", "people"), counted(i.Credentials, "passkey", "passkeys"))
	others := i.People
	for _, m := range i.Moves {
		others -= m.People
		switch {
		case m.From == m.To:
			fmt.Fprintf(b, "  %s in segment %s\n", counted(m.People, "stays", "stay"), segmentName(m.To))
		default:
			fmt.Fprintf(b, "  %s from segment %s to %s\n", counted(m.People, "goes", "go"), segmentName(m.From), segmentName(m.To))
		}
	}
	if others > 0 {
		fmt.Fprintf(b, "  %s not sign in at present: judged when they may\n", counted(others, "person may", "people may"))
	}
	fmt.Fprintf(b, "  %s suspended", counted(i.Suspended, "passkey would be", "passkeys would be"))
	fmt.Fprintf(b, ", and %s\n", counted(i.Sessions, "session would end", "sessions would end"))
	if i.Lapsed > 0 {
		fmt.Fprintf(b, "  %s refused until a profile is reviewed\n", counted(i.Lapsed, "passkey would be", "passkeys would be"))
	}
	if i.Uncovered > 0 {
		fmt.Fprintf(b, "  %s in no segment\n", counted(i.Uncovered, "person would be", "people would be"))
	}
	fmt.Fprintf(b, "  %s not sign in any more\n", counted(i.LockedOut, "person could", "people could"))
	sayCauses(b, i)
	fmt.Fprintf(b, "  %s sign in under it; %d can now\n", counted(i.AdministratorsAfter, "administrator could", "administrators could"), i.AdministratorsBefore)
	fmt.Fprintf(b, "  digest of this plan: %s\n", i.Digest)
}

// namedOfCause is how many people are named of each cause; --json has more.
const namedOfCause = 20

// sayCauses says why people could not sign in, who they are, and the shortest
// way for them to be ready.
func sayCauses(b *strings.Builder, i rejudge.Impact) {
	for n, c := range i.Causes {
		fmt.Fprintf(b, "    %s", counted(c.People, "person", "people"))
		if c.Segment != "" {
			fmt.Fprintf(b, " in segment %s", c.Segment)
		}
		fmt.Fprintf(b, ": %s [%s]\n      → %s\n      ", c.Why, c.Code, c.Way)
		named := 0
		for _, l := range i.Locked {
			if l.Cause == n && named < namedOfCause {
				b.WriteString(map[bool]string{true: "", false: ", "}[named == 0] + string(l.Person))
				named++
			}
		}
		if left := c.People - int64(named); left > 0 {
			fmt.Fprintf(b, " and %d more", left)
		}
		b.WriteString("\n")
	}
}

func segmentName(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// nextStep is what somebody who has read this would ask.
func nextStep(p api.Planned) string {
	switch revision.State(p.State) {
	case revision.Proposed:
		if p.Host != "" {
			return fmt.Sprintf("%s Approve it here on the host: holdfast policy approve %s", p.Host, p.ID)
		}
		return fmt.Sprintf("%s, in the console under Policy.", counted(int64(len(p.Approvers)), "person may approve it", "people may approve it"))
	case revision.Approved:
		switch i := p.Impact; {
		case i == nil:
			return fmt.Sprintf("holdfast policy apply %s --plan says what would become of people; without --plan it is done.", p.ID)
		case i.Refusal() != nil:
			return "it cannot be applied while no administrator could sign in under it: have one make a passkey that it accepts first, or accept what they have."
		}
		return fmt.Sprintf("holdfast policy apply %s", p.ID)
	}
	return ""
}
