// Package survey is the story of what can become of accounts: it reads everybody
// after the start, follows the log from there, and answers who can reconstitute
// what, as of the last event. Each node does so for itself, in memory; nothing
// of it is kept, so that a node which dies leaves nothing behind that could be
// wrong.
//
// An answer about one account is computed from the store on the spot: it needs
// nobody's having been read before. Answers about the organisation say how much
// of it has been read.
//
// It refuses to change anything, and to answer from what it has not read.
package survey

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/exposure/census"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/revision"
	"holdfast/domain/surroundings"
)

// Store is read; nothing is written. Lists are by id.
type Store interface {
	revision.Reader
	LogSize(ctx context.Context) (int64, error)
	// Happened gives the records from one index up to another, not included, of
	// types that watches says.
	Happened(ctx context.Context, from, to int64, watches func(audit.Type) bool) ([]audit.Entry, error)
	// HeldAfter gives the accounts behind one, without names and public keys: it
	// is read for everybody.
	HeldAfter(ctx context.Context, after holdfast.PersonID, limit int) ([]rules.Held, error)
	// Held gives these accounts whole, those left out that are not there.
	Held(ctx context.Context, ids []holdfast.PersonID) ([]rules.Held, error)
	// Powerful gives the ids of those who may have power over others: who holds a
	// role or a token, or is in one of these groups, by name.
	Powerful(ctx context.Context, groups []string) ([]holdfast.PersonID, error)
	// SharedSurroundings gives the powers that are declared and not withdrawn.
	SharedSurroundings(ctx context.Context) ([]surroundings.Record, error)
	// MembersAfter gives the ids of a group's people behind one.
	MembersAfter(ctx context.Context, group holdfast.GroupID, after holdfast.PersonID, limit int) ([]holdfast.PersonID, error)
	CountEverybody(ctx context.Context) (int64, error)

	Person(ctx context.Context, id holdfast.PersonID) (person.Record, error)
	PersonByEmail(ctx context.Context, email string) (person.Record, error)
	// PeopleNamed gives those whose name, its last word or address begins so.
	PeopleNamed(ctx context.Context, begins string, limit int) ([]person.Record, error)
	Credential(ctx context.Context, id holdfast.CredentialID) (credential.Record, error)
	Surrounding(ctx context.Context, id holdfast.SurroundingID) (surroundings.Record, error)
	SurroundingByName(ctx context.Context, name string) (surroundings.Record, error)
}

// Policies gives the policy in force, compiled.
type Policies interface {
	InForce(ctx context.Context, r revision.Reader) (*policy.Policy, error)
}

// Config is what the story is made of.
type Config struct {
	Store    Store
	Policies Policies
	Clock    holdfast.Clock
	Batch    int // accounts that are read at once; 0: 2000
}

// Flow is the story. Its methods may be called from anywhere; Run is for one
// goroutine.
type Flow struct {
	Config

	// Covered by solo.
	census *census.Census
	after  holdfast.PersonID // the last one who was read, while everybody is
	begun  bool
	named  map[holdfast.PersonID]bool // who was read whole before everybody
	whole  bool
	dirty  bool  // something was put that was not settled
	next   int64 // record of the log that was not looked at
	read   int64
	total  int64

	seen atomic.Pointer[seen] // what whoever asks sees; nil: nobody was read

	running atomic.Bool // Run follows; else whoever asks about everybody has them read
	solo    sync.Mutex  // of whoever takes a step
}

// seen is a census that was settled, and what it rests on.
type seen struct {
	census *census.View
	policy *policy.Policy
	facts  int64 // records in the log that it knows of, all before
	at     time.Time
	due    time.Time // when something changes by time alone; zero: never
	read   int64     // accounts
	total  int64     // of so many
	whole  bool      // everybody was read
	kinds  *kinds
	edited *edited
	core   *index
}

// New makes the story.
func New(c Config) *Flow {
	if c.Batch == 0 {
		c.Batch = 2000
	}
	return &Flow{Config: c}
}

// look is what whoever asks sees now: as of this moment, unless by time alone
// something changes that was not settled yet. nil: nobody was read.
func (f *Flow) look() *seen {
	s := f.seen.Load()
	if s == nil || !s.whole {
		return s
	}
	now := f.Clock()
	if !now.After(s.at) || !s.due.IsZero() && !now.Before(s.due) {
		return s
	}
	again := *s
	again.at = now
	return &again
}

// onDemand has everybody read where nothing follows the log: in a process that
// answers one question on the host and ends.
func (f *Flow) onDemand(ctx context.Context) error {
	if f.running.Load() {
		return nil
	}
	return f.Settle(ctx)
}

// Progress is how far everybody has been read.
type Progress struct {
	Loading  bool      `json:"loading"`
	Read     int64     `json:"read"`
	Of       int64     `json:"of"`
	FactsRev int64     `json:"facts_rev"`
	AsOf     time.Time `json:"as_of,omitzero"`
}

// Progress says how far everybody has been read.
func (f *Flow) Progress() Progress {
	s := f.look()
	if s == nil {
		return Progress{Loading: true}
	}
	return Progress{Loading: !s.whole, Read: s.read, Of: s.total, FactsRev: s.facts, AsOf: s.at}
}
