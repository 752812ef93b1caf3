package rejudge

import (
	"context"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

// touches says whom a record of the log concerns: one person, or everybody.
type touches int

const (
	nobody touches = iota
	thePerson
	theGroup
	everybody
	everybodysEvidence // and how their attestations are judged
)

// of lists what a fact that the policy may ask for comes from. A use of a
// passkey is not among it: that is judged by the sign-in itself.
var of = map[audit.Type]touches{
	"person.described": thePerson, "person.role_changed": thePerson, "person.reinstated": thePerson, "person.activated": thePerson,
	"person.erased":           thePerson,
	"person.exception_given":  thePerson,
	"person.exception_ended":  thePerson,
	"group.joined":            thePerson,
	"group.left":              thePerson,
	"group.renamed":           theGroup, // policies name groups
	"group.removed":           theGroup,
	"credential.enrolled":     thePerson,
	"credential.reinstated":   thePerson,
	"credential.removed":      thePerson,
	"credential.forgotten":    thePerson,
	"policy.applied":          everybodysEvidence,
	"metadata.imported":       everybodysEvidence,
	"organisation.time_moved": everybody,

	"credential.backup_eligibility_changed": thePerson,
}

// watches says whether records of a type are worth reading. A device is
// somebody's or nobody's.
func watches(t audit.Type) bool { return of[t] != nobody || strings.HasPrefix(string(t), "device.") }

// touched is what a stretch of the log asks for.
type touched struct {
	people []holdfast.PersonID
	groups []holdfast.GroupID
	all    bool
	again  bool   // attestations too
	why    string // types of the records that concern everybody
}

func touchedBy(entries []audit.Entry) touched {
	var t touched
	seen := map[string]bool{}
	add := func(id string) {
		if id != "" && !seen[id] {
			seen[id] = true
			t.people = append(t.people, holdfast.PersonID(id))
		}
	}
	for _, e := range entries {
		switch of[e.Type] {
		case everybody, everybodysEvidence:
			t.all, t.again = true, t.again || of[e.Type] == everybodysEvidence
			if !strings.Contains(t.why, string(e.Type)) {
				t.why = strings.TrimPrefix(t.why+", "+string(e.Type), ", ")
			}
		case theGroup:
			if id := holdfast.GroupID(e.Subject); !slices.Contains(t.groups, id) {
				t.groups = append(t.groups, id)
			}
			for _, p := range e.Puts { // a group that is gone has no members to ask
				if p.Table == "membership" {
					who, _, _ := strings.Cut(p.Key, "/")
					add(who)
				}
			}
		default:
			add(e.Person)
		}
	}
	return t
}

// follow looks through the records that came, and judges whom they touch. What
// was looked at is kept when something came of it, and from time to time: who
// leads next looks again at what was not kept, which changes nothing twice.
func (f *Flow) follow(ctx context.Context) (more bool, err error) {
	size, err := f.Store.LogSize(ctx)
	if err != nil || f.next >= size {
		return false, err
	}
	to := min(f.next+step, size)
	entries, err := f.Store.Happened(ctx, f.next, to, watches)
	if err != nil {
		return false, err
	}
	if err := f.postures(ctx, entries); err != nil {
		return false, err
	}
	t := touchedBy(entries)
	if !t.all { // else the job comes to them
		if err := f.judgeAll(ctx, t); err != nil {
			return false, err
		}
	}
	f.next = to
	if err := f.keep(ctx, t, len(entries) > 0); err != nil {
		return false, err
	}
	return to < size, nil
}

func (f *Flow) judgeAll(ctx context.Context, t touched) error {
	for part := range slices.Chunk(t.people, inTx) {
		if err := f.judge(ctx, part); err != nil {
			return err
		}
		if err := f.permissions(ctx, part); err != nil {
			return err
		}
	}
	for _, g := range t.groups {
		for after := holdfast.PersonID(""); ; {
			part, err := f.Store.MembersAfter(ctx, g, after, inTx)
			if err != nil {
				return err
			}
			if len(part) == 0 {
				break
			}
			if err := f.judge(ctx, part); err != nil {
				return err
			}
			if err := f.still(ctx); err != nil {
				return err
			}
			after = part[len(part)-1]
		}
	}
	return nil
}

// still keeps the lease through what takes long.
func (f *Flow) still(ctx context.Context) error {
	leads, err := f.lead(ctx)
	if err == nil && !leads {
		err = errNotLeading
	}
	return err
}

// keepEvery bounds what a new leader looks at again; sign-ins need not wait for
// a write that says that nothing was to be done.
const keepEvery = 30 * time.Second

// keep notes how far the log was read, and begins the job that it asks for in
// the same transaction.
func (f *Flow) keep(ctx context.Context, t touched, something bool) error {
	if !something && f.Clock().Before(f.savedAt.Add(keepEvery)) {
		return nil
	}
	job := f.job
	if t.all {
		total, err := f.Store.CountEverybody(ctx)
		if err != nil {
			return err
		}
		job = job.begin(t.why, t.again, total, f.Clock())
	}
	err := f.write(ctx, func(tx Tx, now time.Time) error {
		if t.all {
			if err := tx.PutRejudgeJob(ctx, job); err != nil {
				return err
			}
		}
		return tx.Follow(ctx, Follower, f.next)
	})
	if err == nil {
		f.saved, f.savedAt, f.job = f.next, f.Clock(), job
	}
	return err
}

// fallDue judges those whose staged replacement is over. Each is looked at once
// by each leader; the nightly look sees everybody.
func (f *Flow) fallDue(ctx context.Context) (more bool, err error) {
	now := f.Clock()
	if now.Before(f.due.Add(time.Minute)) {
		return false, nil
	}
	people, err := f.Store.DueBetween(ctx, f.due, now)
	if err != nil {
		return false, err
	}
	for part := range slices.Chunk(people, inTx) {
		if err := f.judge(ctx, part); err != nil {
			return false, err
		}
		if err := f.still(ctx); err != nil {
			return false, err
		}
	}
	f.due = now
	return false, nil
}

// everyDay begins the job at night: days pass, and policies ask for them (an
// end date, an age). A job for another reason has looked at everybody, too.
func (f *Flow) everyDay(ctx context.Context) (more bool, err error) {
	due := f.daily
	if !f.job.Begun.IsZero() {
		due = nextNight(f.job.Begun)
	}
	if f.job.Running() || f.Clock().Before(due) {
		return false, nil
	}
	return true, f.keep(ctx, touched{all: true, why: "the day"}, true)
}
