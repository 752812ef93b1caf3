// Package decision keeps what was decided: the inputs, the policy and the facts
// it rested on, and the outcome. A record can be decided again from its inputs
// and the policy of that time; what it says of its outcome is never read back
// to decide anything.
//
// It refuses to keep less than what the decision depended on.
package decision

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/policy"
)

// Record is a decision that was made.
type Record struct {
	ID         holdfast.DecisionID
	Op         policy.Op
	Person     holdfast.PersonID
	Credential holdfast.CredentialID // may be empty
	App        holdfast.AppID        // may be empty: Holdfast's own pages
	Outcome    policy.Outcome
	Code       string // of the first reason or need; empty when allowed without remark
	Segment    string
	Rules      []string
	Policy     string // digest of the revision
	Facts      int64  // records in the log when the facts were read
	Inputs     []byte // policy.Input, JSON; personal
	Digest     string // SHA-256 of the decision's JSON, hex: what a replay must give
	At         time.Time
}

func (*Record) Table() string { return "decision" }

func (r *Record) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &r.ID)
	audit.StringColumn(c, "op", &r.Op)
	audit.StringColumn(c, "person", &r.Person)
	audit.StringColumn(c, "credential", &r.Credential)
	audit.StringColumn(c, "app", &r.App)
	audit.StringColumn(c, "outcome", &r.Outcome)
	audit.StringColumn(c, "code", &r.Code)
	audit.StringColumn(c, "segment", &r.Segment)
	c.Strings("rules", &r.Rules)
	audit.StringColumn(c, "policy", &r.Policy)
	audit.IntColumn(c, "facts", &r.Facts)
	c.Bytes("inputs", &r.Inputs).AsPersonal()
	audit.StringColumn(c, "digest", &r.Digest)
	c.Time("at", &r.At)
}

// Of makes the record of d, which in led to.
func Of(d policy.Decision, in policy.Input, who holdfast.PersonID, facts int64) (Record, error) {
	inputs, err := json.Marshal(in)
	if err != nil {
		return Record{}, err
	}
	digest, err := Digest(d)
	if err != nil {
		return Record{}, err
	}
	return Record{
		ID: holdfast.NewDecisionID(), Op: policy.Op(in.Ctx.Op), Person: who, Outcome: d.Outcome, Code: CodeOf(d), Segment: d.Segment,
		Rules: d.Rules, Policy: d.Policy, Facts: facts, Inputs: inputs, Digest: digest, At: in.Now,
	}, nil
}

// Digest is the hash of d as it is written.
func Digest(d policy.Decision) (string, error) {
	b, err := json.Marshal(d)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// CodeOf is that of the first reason or need of d, or "".
func CodeOf(d policy.Decision) string {
	switch {
	case len(d.Reasons) > 0:
		return d.Reasons[0].Code
	case len(d.Needs) > 0:
		return d.Needs[0].What
	}
	return ""
}

// Put is the record as an event carries it.
func (r Record) Put() audit.Put { return audit.Set(&r) }

// Refused is the event of a decision that was not to allow. One that allows
// goes with the event of what was allowed.
func Refused(r Record) audit.Event {
	return audit.New("decision.refused", string(r.ID), r.Person, r.Put()).
		With("op", string(r.Op)).With("outcome", string(r.Outcome)).With("code", r.Code)
}

// Made is the event of a decision that stands for itself: nothing else has come
// of it.
func Made(r Record) audit.Event {
	return audit.New("decision.made", string(r.ID), r.Person, r.Put()).With("op", string(r.Op))
}

// With adds the record to an event of the same person that it allowed, or puts
// an event of its own beside them: the inputs are its person's, and are
// forgotten with that person and with nobody else.
func With(r Record, events []audit.Event) []audit.Event {
	for i := range events {
		if events[i].Person == r.Person {
			events[i].Puts = append(events[i].Puts, r.Put())
			return events
		}
	}
	if len(events) == 0 {
		return nil
	}
	return append(events, Made(r))
}

// Input reads the inputs back, for a replay.
func (r Record) Input() (in policy.Input, err error) {
	if len(r.Inputs) == 0 {
		return in, holdfast.Errorf(holdfast.NotFound, "decision_forgotten",
			"What this decision rested on was personal and is erased. It cannot be made again.")
	}
	if err := json.Unmarshal(r.Inputs, &in); err != nil {
		return in, fmt.Errorf("the inputs of %s: %w", r.ID, err)
	}
	return in, nil
}

// atOnce bounds how many rows one event changes.
const atOnce = 200

// ForgetAll blanks what is personal in a person's decisions, for erasure.
func ForgetAll(all []Record) []audit.Event {
	var events []audit.Event
	for some := range slices.Chunk(all, atOnce) {
		e := audit.New("decision.forgotten", string(some[0].Person), some[0].Person)
		for i := range some {
			some[i].Inputs = nil
			e.Puts = append(e.Puts, audit.Change(&some[i], "inputs"))
		}
		events = append(events, e)
	}
	return events
}
