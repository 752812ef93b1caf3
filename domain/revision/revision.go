// Package revision is about changes of the policy: proposed, approved by others
// than their author, put in force. Each revision is immutable and names the one
// before it by its hash. It refuses an author who approves, approval by too
// few, and a change of a text once it is proposed.
package revision

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/lifecycle"
)

// State is where a revision stands.
type State string

const (
	Proposed   State = "proposed"
	Approved   State = "approved" // by enough; not in force yet
	InForce    State = "in force"
	Superseded State = "superseded" // was in force
	Withdrawn  State = "withdrawn"
)

// Life is what can become of a revision.
var Life = lifecycle.Of("a revision of the policy",
	lifecycle.Step(State(""), "policy.proposed", Proposed, "It loaded without an error, and its text is fixed."),
	lifecycle.Step(Proposed, "policy.approved", Proposed, "Somebody else than the author approved; more are needed."),
	lifecycle.Step(Proposed, "policy.cleared", Approved, "Enough have approved."),
	lifecycle.Step(Approved, "policy.applied", InForce, "It decides from now on; the one before is superseded."),
	lifecycle.Step(InForce, "policy.superseded", Superseded, "Another one came into force."),
	lifecycle.Step(Proposed, "policy.withdrawn", Withdrawn, "By its author, or because another was applied meanwhile."),
	lifecycle.Step(Approved, "policy.withdrawn", Withdrawn, "Likewise."),
)

// Record is a revision.
type Record struct {
	ID       holdfast.RevisionID
	Number   int64  // 1 is the first that was proposed; 0 is the preset of a fresh installation
	Digest   string // SHA-256 over Previous, the text and the files, hex
	Previous string // digest of the revision in force when it was proposed
	Name     string // metadata.name
	Text     []byte // YAML
	Files    []byte // JSON: name to text, of what the document names (pinned roots)
	Note     string // personal: why, by its author
	Author   string // "person:per_…", "host:root"
	State    State
	Lowers   bool  // a segment's assurance, against Previous: more must approve
	Needs    int64 // approvals
	Created  time.Time
	Applied  time.Time
	Ended    time.Time
}

func (*Record) Table() string { return "policy_revision" }

func (r *Record) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &r.ID)
	audit.IntColumn(c, "number", &r.Number)
	audit.StringColumn(c, "digest", &r.Digest)
	audit.StringColumn(c, "previous", &r.Previous)
	audit.StringColumn(c, "name", &r.Name)
	c.Bytes("text", &r.Text)
	c.Bytes("files", &r.Files)
	audit.StringColumn(c, "note", &r.Note).AsPersonal()
	audit.StringColumn(c, "author", &r.Author)
	audit.StringColumn(c, "state", &r.State)
	c.Bool("lowers", &r.Lowers)
	audit.IntColumn(c, "needs", &r.Needs)
	c.Time("created", &r.Created)
	c.Time("applied", &r.Applied)
	c.Time("ended", &r.Ended)
}

// Approval is one person's.
type Approval struct {
	ID       string // revision/actor
	Revision holdfast.RevisionID
	By       string // "person:per_…"
	At       time.Time
	Why      string // of the host: that fewer than two administrators exist
}

func (*Approval) Table() string { return "policy_approval" }

func (a *Approval) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &a.ID)
	audit.StringColumn(c, "revision", &a.Revision)
	audit.StringColumn(c, "approver", &a.By)
	c.Time("at", &a.At)
	audit.StringColumn(c, "why", &a.Why)
}

// Files reads the files that came with a document.
func (r Record) FileTexts() (map[string][]byte, error) {
	files := map[string][]byte{}
	if len(r.Files) == 0 {
		return files, nil
	}
	return files, json.Unmarshal(r.Files, &files)
}

// Digest chains a text and its files to what was in force before.
func Digest(previous string, text []byte, files map[string][]byte) string {
	h := sha256.New()
	part := func(b []byte) {
		sum := sha256.Sum256(b)
		h.Write(sum[:])
	}
	part([]byte(previous))
	part(text)
	for _, name := range sorted(files) {
		part([]byte(name))
		part(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

func sorted(files map[string][]byte) []string {
	var names []string
	for n := range files {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// New is what is proposed.
type New struct {
	Name   string
	Text   []byte
	Files  map[string][]byte
	Note   string
	Lowers bool
	Needs  int64
}

// Propose fixes a text. before is the revision in force.
func Propose(n New, before Record, number int64, by holdfast.Actor, now time.Time) (Record, []audit.Event, error) {
	files, err := json.Marshal(n.Files)
	if err != nil {
		return Record{}, nil, err
	}
	r := Record{
		ID: holdfast.NewRevisionID(), Number: number, Previous: before.Digest, Digest: Digest(before.Digest, n.Text, n.Files), Name: n.Name,
		Text: n.Text, Files: files, Note: n.Note, Author: actor(by), Lowers: n.Lowers, Needs: n.Needs, Created: now,
	}
	return r.move("policy.proposed", func(*Record) {})
}

// Approve counts by's approval; have are those that there are. That by belongs
// to those who may is the caller's to check, in the same transaction.
func Approve(r Record, have []Approval, by holdfast.Actor, why string, now time.Time) (Record, Approval, []audit.Event, error) {
	a := Approval{ID: string(r.ID) + "/" + actor(by), Revision: r.ID, By: actor(by), At: now, Why: why}
	switch {
	case r.State != Proposed:
		return r, a, nil, r.wrong("approved")
	case a.By == r.Author && by.Kind != holdfast.ActorHost:
		return r, a, nil, holdfast.Errorf(holdfast.Denied, "author_approves", "You proposed this revision, so somebody else approves it.")
	case slices.ContainsFunc(have, func(o Approval) bool { return o.By == a.By }):
		return r, a, nil, holdfast.Errorf(holdfast.Conflict, "approved_already", "You have approved this revision already.")
	}
	event := audit.Type("policy.approved")
	if int64(len(have))+1 >= r.Needs || by.Kind == holdfast.ActorHost {
		event = "policy.cleared"
	}
	r, events, err := r.move(event, func(*Record) {})
	if err == nil {
		events[0].Puts = append(events[0].Puts, audit.Set(&a))
		events[0] = events[0].With("approver", a.By).With("why", why)
	}
	return r, a, events, err
}

// Apply puts r in force and supersedes before, if there is one.
func Apply(r, before Record, now time.Time) (Record, []audit.Event, error) {
	if r.Previous != before.Digest {
		return r, nil, holdfast.Errorf(holdfast.Conflict, "policy_moved",
			"Another revision came into force since this one was proposed. Propose it again, against what is in force now.")
	}
	r, events, err := r.move("policy.applied", func(r *Record) { r.Applied = now })
	if err != nil || before.ID == "" {
		return r, events, err
	}
	// First, for at no moment are two in force.
	_, first, err := before.move("policy.superseded", func(r *Record) { r.Ended = now })
	return r, append(first, events...), err
}

// Withdraw ends r before it is in force.
func Withdraw(r Record, now time.Time) (Record, []audit.Event, error) {
	return r.move("policy.withdrawn", func(r *Record) { r.Ended = now })
}

func (r Record) move(event audit.Type, change func(*Record)) (Record, []audit.Event, error) {
	to, ok := Life.Next(r.State, event)
	if !ok {
		return r, nil, r.wrong(string(event[len("policy."):]))
	}
	r.State = to
	change(&r)
	e := audit.New(event, string(r.ID), "", audit.Set(&r)).With("digest", r.Digest)
	return r, []audit.Event{e}, nil
}

func (r Record) wrong(what string) error {
	return holdfast.Errorf(holdfast.Conflict, "revision_state", "This revision is %s: it cannot be %s.", r.State, what)
}

func actor(a holdfast.Actor) string { return string(a.Kind) + ":" + a.ID }
