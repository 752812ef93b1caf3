package rejudge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/policy"
)

// Impact is what a policy would do to everybody if it came into force now.
// Counting it writes nothing.
type Impact struct {
	Digest string `json:"digest"` // of all that is said here but when: what is applied by it is what was shown

	People      int64  `json:"people"`
	Moves       []Move `json:"moves"` // between segments; also those who stay
	Credentials int64  `json:"credentials"`
	Suspended   int64  `json:"suspended"`  // passkeys that work now and would be suspended
	Sessions    int64  `json:"sessions"`   // that would end with them
	Lapsed      int64  `json:"lapsed"`     // that would be refused until something is reviewed
	LockedOut   int64  `json:"locked_out"` // people who can sign in now and could not afterwards
	Uncovered   int64  `json:"uncovered"`  // people whom no segment would cover

	// Why they could not, the most frequent first.
	Causes []Cause `json:"causes,omitempty"`
	// The first of those who would be locked out, and of the passkeys that would
	// be suspended, by id.
	Locked   []Locked  `json:"locked,omitempty"`
	Suspends []Suspend `json:"suspends,omitempty"`
	// Some of those who would be locked out, by id.
	Examples []holdfast.PersonID `json:"examples,omitempty"`

	AdministratorsBefore int64 `json:"administrators_before"` // who can sign in
	AdministratorsAfter  int64 `json:"administrators_after"`

	At    time.Time `json:"at"`    // when counting began
	Facts int64     `json:"facts"` // records in the log then
}

// Move is how many people go from one segment to another.
type Move struct {
	From   string              `json:"from"` // empty: none
	To     string              `json:"to"`
	People int64               `json:"people"`
	Who    []holdfast.PersonID `json:"who,omitempty"` // some of those who do not stay
}

// Cause is why people could not sign in, and the shortest way for them to be
// ready.
type Cause struct {
	Segment string `json:"segment,omitempty"` // that they would be in
	Code    string `json:"code"`
	Why     string `json:"why"`
	Way     string `json:"way"`
	People  int64  `json:"people"`
}

// Locked is somebody who could not sign in any more.
type Locked struct {
	Person holdfast.PersonID `json:"person"`
	Cause  int               `json:"cause"` // its place among the causes
}

// Suspend is a passkey that would be suspended.
type Suspend struct {
	Credential holdfast.CredentialID `json:"credential"`
	Person     holdfast.PersonID     `json:"person"`
	Code       string                `json:"code"` // of the first reason
	Why        string                `json:"why"`
}

// Refusal says why the policy must not come into force, or nil: somebody must
// be left who can administer.
func (i Impact) Refusal() error {
	if i.AdministratorsAfter > 0 || i.AdministratorsBefore == 0 {
		return nil
	}
	return holdfast.Errorf(holdfast.Conflict, "no_administrator_left",
		"Under this policy no administrator could sign in. Have one make a passkey that it accepts first, or accept what they have.")
}

// Plan is the digest by which what was shown is applied.
func (i Impact) Plan() string { return i.Digest }

// digest is over what is said, and the two policies that it is said of: not over
// the instant.
func (i Impact) digest(before, after string) (string, error) {
	i.Digest, i.At, i.Facts = "", time.Time{}, 0
	text, err := json.Marshal(struct {
		Before, After string
		Impact        Impact
	}{before, after, i})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

const (
	examples = 20   // how many are named of each
	listed   = 1000 // how many of those who lose something
)

// Counted is an impact with all who would be locked out.
type Counted struct {
	Impact Impact
	Locked []holdfast.PersonID // in order
}

// Impact counts what candidate would do, against what is in force.
func (f *Flow) Impact(ctx context.Context, candidate *policy.Policy) (Impact, error) {
	c, err := f.Count(ctx, candidate, func(int64, int64) {})
	return c.Impact, err
}

// Count is Impact, and tells how far it is: of how many people.
func (f *Flow) Count(ctx context.Context, candidate *policy.Policy, tell func(done, total int64)) (Counted, error) {
	before, _, err := f.deciding(ctx) // also a stand-in: this is how it is put right
	if err != nil {
		return Counted{}, err
	}
	total, err := f.Store.CountEverybody(ctx)
	if err != nil {
		return Counted{}, err
	}
	c, err := f.counting(ctx, before, candidate)
	if err != nil {
		return Counted{}, err
	}
	for behind := holdfast.PersonID(""); ; {
		if err := ctx.Err(); err != nil {
			return Counted{}, err
		}
		people, err := f.Store.SubjectsAfter(ctx, behind, f.Batch)
		if err != nil {
			return Counted{}, err
		}
		if len(people) == 0 {
			return c.result()
		}
		if err := c.countAll(ctx, f, people); err != nil {
			return Counted{}, err
		}
		behind = people[len(people)-1].Person.ID
		tell(c.People, total)
	}
}

// counting begins to count.
func (f *Flow) counting(ctx context.Context, before *rules, candidate *policy.Policy) (*counting, error) {
	c := &counting{before: before, after: newRules(candidate, ""), moves: map[[2]string]*Move{}, causes: map[[2]string]*cause{}}
	c.At = f.Clock()
	var err error
	if c.Facts, err = f.Store.LogSize(ctx); err != nil {
		return nil, err
	}
	if err := f.trust(ctx, c.after); err != nil {
		return nil, err
	}
	// Where everybody's attestation was judged by those who would vouch, what is
	// on record is what would come of it.
	job, err := f.Store.RejudgeJob(ctx)
	c.asOnRecord = !job.Running() && job.Trusted != "" && job.Trusted == trustOf(*c.after.anchors)
	return c, err
}

// Evidence gives the judgements of passkeys as they would be under candidate: by
// the roots that it pins, and the metadata of today. One that cannot differ from
// what is on record is left out.
func (f *Flow) Evidence(ctx context.Context, from Registrations, candidate *policy.Policy, of []credential.Record) ([]evidence.Judgement, error) {
	fresh, err := f.judgements(ctx, from, newRules(candidate, ""), of)
	return slices.Collect(maps.Values(fresh)), err
}
