package rejudge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"holdfast"
	"holdfast/domain/evidence"
)

// Job is the work over everybody, and how far it has come. It is kept beside
// the log: what it did stands there.
type Job struct {
	Why         string            // types of the records that asked for it: "policy.applied"; "the day"
	Again       bool              // attestations are judged again, too
	Behind      holdfast.PersonID // the last one who was looked at
	Done, Total int64             // people
	Credentials int64             // that were judged
	Judged      int64             // attestations with another outcome than before
	Suspended   int64             // passkeys
	Staged      int64             // passkeys that will be, on a day that was told
	Spared      int64             // the last ways in of last administrators
	Lapsed      int64             // passkeys that are refused until a provider's profile is completed
	Uncovered   int64             // people whom no segment covers
	Trusted     string            // by whose word everybody's attestation was judged last; see trustOf
	Begun       time.Time
	Moved       time.Time // when it was looked at last
	Ended       time.Time // zero: it runs, or never ran

	Lease      string // who leads
	LeaseUntil time.Time
}

// Running says whether there is more to do.
func (j Job) Running() bool { return !j.Begun.IsZero() && j.Ended.IsZero() }

// begin begins j anew, from the first person: a policy that came while another
// one's job ran is judged for all.
func (j Job) begin(why string, again bool, total int64, now time.Time) Job {
	if j.Running() {
		again = again || j.Again
	}
	return Job{Why: why, Again: again, Total: total, Begun: now, Moved: now, Trusted: j.Trusted, Lease: j.Lease, LeaseUntil: j.LeaseUntil}
}

// Progress is how far the job is; of the last one, when none runs.
func (f *Flow) Progress(ctx context.Context) (Job, error) { return f.Store.RejudgeJob(ctx) }

// advance does the next stretch of the job. Reading and judging go on outside
// of any transaction; most people need no write. What is counted for whom was
// written is written with it, so that a node that dies in between makes no
// number wrong.
func (f *Flow) advance(ctx context.Context) (more bool, err error) {
	if !f.job.Running() {
		return false, nil
	}
	rules, err := f.rules(ctx)
	if err == nil {
		err = f.trusts(ctx, rules)
	}
	if err != nil {
		return false, err
	}
	for until := f.Clock().Add(500 * time.Millisecond); f.job.Running(); {
		if err := f.stretch(ctx, rules); err != nil {
			return false, err
		}
		if !f.Clock().Before(until) {
			break
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		default:
		}
	}
	f.stale = true
	return true, nil
}

// trusts leaves attestations alone where those who vouch are the same as when
// everybody's was judged last. Whoever leads from the middle on does not know by
// whose word the first ones were judged, and does not say.
func (f *Flow) trusts(ctx context.Context, r *rules) error {
	if !f.job.Again {
		return nil
	}
	if err := f.trust(ctx, r); err != nil {
		return err
	}
	now := trustOf(*r.anchors)
	switch {
	case f.job.Behind == "":
		f.trusted, f.job.Again = now, now != f.job.Trusted
	case f.trusted != now:
		f.trusted = ""
	}
	return nil
}

// trustOf names a set of anchors.
func trustOf(a evidence.Anchors) string {
	h := sha256.New()
	for _, p := range a.Pinned {
		fmt.Fprintf(h, "%q %d %d %x\n", p.Name, len(p.Certificates), len(p.AAGUIDs), p.AAGUIDs)
		for _, c := range p.Certificates {
			h.Write(c.Raw)
		}
	}
	if a.Metadata != nil {
		fmt.Fprintf(h, "metadata %d", a.Metadata.No)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (f *Flow) stretch(ctx context.Context, rules *rules) error {
	began := f.Clock()
	people, err := f.Store.SubjectsAfter(ctx, f.job.Behind, f.Batch)
	if err != nil {
		return err
	}
	now := f.Clock()
	job := f.job
	if len(people) == 0 {
		if policyMoved(job.Why) { // who takes over here begins with the first again
			if err := f.everyPermission(ctx); err != nil {
				return err
			}
		}
		job.Ended, job.Moved, job.Total = now, now, job.Done
		if job.Again && f.trusted != "" {
			job.Trusted = f.trusted
		}
		f.wide = true
		return f.putJob(ctx, job)
	}
	var fresh judgements
	if job.Again {
		if fresh, err = f.again(ctx, rules, people); err != nil {
			return err
		}
	}
	var change []holdfast.PersonID
	from := 0
	for i := range people {
		v := rules.verdict(&people[i], fresh, now)
		job.count(v)
		if v.changes(people[i], now) || len(fresh.of(people[i])) > 0 {
			change = append(change, people[i].Person.ID)
		}
		if len(change) == inTx || i == len(people)-1 && len(change) > 0 {
			job.Done, job.Behind, job.Moved = job.Done+int64(i+1-from), people[i].Person.ID, now
			from = i + 1
			if job, err = f.change(ctx, rules, change, fresh, job, true); err != nil {
				return err
			}
			f.job, change = job, nil
			rest(ctx, nil, min(f.Clock().Sub(now), time.Second)) // half of the writer's time is for those who sign in
			now = f.Clock()
		}
	}
	job.Done, job.Behind, job.Moved = job.Done+int64(len(people)-from), people[len(people)-1].Person.ID, now
	rest(ctx, nil, f.Clock().Sub(began)/4) // processors and disk are for those who sign in, too
	if now.Before(f.job.Moved.Add(time.Second)) && len(people) == f.Batch {
		// Who takes over begins some stretches back: those need no write, or had it.
		job.Moved = f.job.Moved
		f.job = job
		return nil
	}
	return f.putJob(ctx, job)
}

func (f *Flow) putJob(ctx context.Context, j Job) error {
	err := f.write(ctx, func(tx Tx, _ time.Time) error { return tx.PutRejudgeJob(ctx, j) })
	if err == nil {
		f.job = j
	}
	return err
}

// count counts what was seen of one person. What was done is counted where it
// is.
func (j *Job) count(v verdict) {
	j.Credentials += int64(len(v.keys))
	j.Lapsed += int64(v.lapsed())
	if v.uncovered {
		j.Uncovered++
	}
}
