// Package rejudge is the story of a passkey after it was made: whether the
// policy still accepts it is asked again whenever a fact changes. A change of
// one person is judged at once; a change for everybody (another policy, new
// metadata) is a job over all people, in small steps, which one node leads and
// another takes over. What is not accepted any more is suspended, its sessions
// end, and a task says what to do; what the metadata warns of works until a day
// that is told beforehand.
//
// It refuses to give anything back: nothing here reinstates a passkey, whatever
// becomes laxer. It refuses to take the last way in of the last administrator.
// And it refuses to suspend for want of paperwork: a provider's profile that is
// out of date or incomplete is a finding, and what the door refuses for it comes
// back with a review.
package rejudge

import (
	"context"
	"errors"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/ending"
	"holdfast/domain/finding"
	"holdfast/domain/notice"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/revision"
	"holdfast/domain/standing"
	"holdfast/domain/task"
	"holdfast/spec/mds"
)

// Subject is a person with all that judging them again takes.
type Subject struct {
	standing.Account
	Tasks []task.Record // of any state, the oldest first
}

// Reader reads, in a transaction or between them. Lists are by id.
type Reader interface {
	revision.Reader
	// Subjects gives these people, in no order; those who are not there are left out.
	Subjects(ctx context.Context, ids []holdfast.PersonID) ([]Subject, error)
	// RegistrationsOf gives what was sent when these passkeys were made.
	RegistrationsBy(ctx context.Context, ids []holdfast.CredentialID) ([]credential.Registration, error)
	// Administrators gives those who may sign in or will be able to.
	Administrators(ctx context.Context) ([]person.Record, error)
	OpenFindings(ctx context.Context) ([]finding.Record, error)
	// RejudgeJob is how far the job is; the zero Job before the first.
	RejudgeJob(ctx context.Context) (Job, error)
}

// Tx is a transaction.
type Tx interface {
	Reader
	deviceTx
	Followed(ctx context.Context, follower string) (next, size int64, err error)
	Follow(ctx context.Context, follower string, next int64) error
	HeldBy(ctx context.Context, id holdfast.PersonID) (ending.Held, error)
	Record(ctx context.Context, by audit.By, events ...audit.Event) error
	PutMail(ctx context.Context, m notice.Mail) error
	// LeadRejudging takes or keeps the lease: false if another node has it.
	LeadRejudging(ctx context.Context, node string, now, until time.Time) (bool, error)
	PutRejudgeJob(ctx context.Context, j Job) error
}

// Store is read between transactions; transactions run one after the other,
// also those of other nodes.
type Store interface {
	Reader
	// SubjectsAfter gives the people behind one, without names, addresses and
	// public keys: what is judged, and no more. It is read for everybody.
	SubjectsAfter(ctx context.Context, after holdfast.PersonID, limit int) ([]Subject, error)
	LogSize(ctx context.Context) (int64, error)
	// Happened gives the records from one index up to another, not included, of
	// types that Watches says.
	Happened(ctx context.Context, from, to int64, watches func(audit.Type) bool) ([]audit.Entry, error)
	// MembersAfter gives the ids of a group's people behind one.
	MembersAfter(ctx context.Context, group holdfast.GroupID, after holdfast.PersonID, limit int) ([]holdfast.PersonID, error)
	// PeopleWithGrants gives the ids of those behind one who let an application
	// in, as far as that has not ended.
	PeopleWithGrants(ctx context.Context, after holdfast.PersonID, limit int) ([]holdfast.PersonID, error)
	// DueBetween gives those whose staged replacement falls due behind from, up
	// to and with to.
	DueBetween(ctx context.Context, from, to time.Time) ([]holdfast.PersonID, error)
	CountEverybody(ctx context.Context) (int64, error)
	// SessionsResting counts sessions that have not ended, by the passkey that they
	// rest on, of these people.
	SessionsResting(ctx context.Context, people []holdfast.PersonID, now time.Time) ([]OpenSessions, error)
	// OutstandingTasks counts open tasks; those are waiting that were opened
	// before long.
	OutstandingTasks(ctx context.Context, now, long time.Time) (Outstanding, error)
	InTx(ctx context.Context, fn func(Tx) error) error
}

// Policies gives the policy in force, compiled.
type Policies interface {
	InForce(ctx context.Context, r revision.Reader) (*policy.Policy, error)
}

// Metadata is what the FIDO Alliance says of models; nil where none was imported.
type Metadata interface {
	Newest(ctx context.Context) (*mds.Blob, error)
}

// Exposure is what accounts are worth by their weakest path, and what falls with
// those who have power over others; nothing while that is being found out.
type Exposure interface {
	Effective(id holdfast.PersonID) (policy.Effective, bool)
	Operators() ([]policy.OpFacts, bool)
}

// Config is what the story is made of.
type Config struct {
	Store    Store
	Policies Policies
	Metadata Metadata
	Exposure Exposure // may be nil: the policy's tests of it are not available
	Judge    Judge    // may be nil: what applications hold is not looked at
	Clock    holdfast.Clock
	Node     string // names this process; unlike any other's
	Batch    int    // people who are read at once; 0: 2000
}

// Flow is the story. Run and Step are for one goroutine; the rest may be called
// from anywhere.
type Flow struct {
	Config

	until   time.Time // this node leads
	next    int64     // record of the log that was not looked at; of the leader
	saved   int64     // the same, in the store
	savedAt time.Time
	due     time.Time // until when what falls due was looked at
	looked  time.Time // when findings were
	daily   time.Time // when the next look at everybody is due, where there was none
	job     Job       // as the leader knows it
	stale   bool      // something changed that findings tell of

	trusted string // by whose word the running job judges attestations; empty: not by one
	wide    bool   // everybody was looked at: findings that take long are worth it
}

// New makes the story.
func New(c Config) *Flow {
	if c.Batch == 0 {
		c.Batch = 2000
	}
	return &Flow{Config: c}
}

// Follower is the name under which the log is followed.
const Follower = "rejudge"

const (
	// lease is how long a leader that died keeps others from leading. Their
	// clocks need to agree by less than a third of it.
	lease = 15 * time.Second
	// step is how many records of the log are looked through at once.
	step = 5000
	// inTx is how many people one transaction changes: others wait behind it.
	inTx = 32
)

// by is who changes things here.
func (f *Flow) by(now time.Time) audit.By {
	return audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem, ID: "rejudge"}, At: now}
}

// Step does the next piece of what there is to do, if this node leads, and says
// whether there is more. A piece takes at most a second or so, so that a lease
// never ends under it.
func (f *Flow) Step(ctx context.Context) (more bool, err error) {
	leads, err := f.lead(ctx)
	if err != nil || !leads {
		return false, err
	}
	for _, piece := range []func(context.Context) (bool, error){f.follow, f.fallDue, f.everyDay, f.advance, f.lookAround} {
		again, err := piece(ctx)
		if err != nil {
			f.until = time.Time{} // what is in memory may be wrong: begin anew from the store
			if errors.Is(err, errMoved) || errors.Is(err, errNotLeading) {
				return errors.Is(err, errMoved), nil
			}
			return false, err
		}
		more = more || again
	}
	return more, nil
}

// errNotLeading undoes a transaction of a node that was taken for dead.
var errNotLeading = holdfast.Errorf(holdfast.Conflict, "not_leading", "Another node goes on with this.")

// lead takes or keeps the lease. A new leader begins where the last one has
// come to be known to be.
func (f *Flow) lead(ctx context.Context) (bool, error) {
	now := f.Clock()
	if now.Before(f.until.Add(-lease * 2 / 3)) {
		return true, nil
	}
	began := !now.Before(f.until)
	leads := false
	var next int64
	var job Job
	look, err := f.Store.RejudgeJob(ctx)
	if err != nil || began && look.Lease != f.Node && now.Before(look.LeaseUntil) {
		return false, err // another one leads: that is found out without a transaction
	}
	err = f.Store.InTx(ctx, func(tx Tx) (err error) {
		if leads, err = tx.LeadRejudging(ctx, f.Node, now, now.Add(lease)); err != nil || !leads || !began {
			return err
		}
		if next, _, err = tx.Followed(ctx, Follower); err == nil {
			job, err = tx.RejudgeJob(ctx)
		}
		return err
	})
	if err != nil || !leads {
		f.until = time.Time{}
		return false, err
	}
	if began {
		f.next, f.saved, f.savedAt, f.job = next, next, now, job
		f.due, f.looked, f.stale, f.wide = time.Time{}, time.Time{}, true, true
		f.trusted = ""
		if f.daily.IsZero() {
			f.daily = nextNight(now)
		}
	}
	f.until = now.Add(lease)
	return true, nil
}

// write is a transaction of the leader: of no other node, however late it is.
func (f *Flow) write(ctx context.Context, fn func(Tx, time.Time) error) error {
	now := f.Clock()
	err := f.Store.InTx(ctx, func(tx Tx) error {
		if leads, err := tx.LeadRejudging(ctx, f.Node, now, now.Add(lease)); err != nil || !leads {
			if err == nil {
				err = errNotLeading
			}
			return err
		}
		return fn(tx, now)
	})
	if err == nil {
		f.until = now.Add(lease)
	}
	return err
}

// Resign lets another node lead at once.
func (f *Flow) Resign(ctx context.Context) error {
	if f.until.IsZero() {
		return nil
	}
	f.until = time.Time{}
	now := f.Clock()
	return f.Store.InTx(ctx, func(tx Tx) error {
		_, err := tx.LeadRejudging(ctx, f.Node, now, now)
		return err
	})
}

// nextNight is the next 03:00 UTC: when everything is looked at once more.
func nextNight(now time.Time) time.Time {
	n := time.Date(now.Year(), now.Month(), now.Day(), 3, 0, 0, 0, time.UTC)
	if !now.Before(n) {
		n = n.AddDate(0, 0, 1)
	}
	return n
}
