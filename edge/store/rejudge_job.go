package store

import (
	"context"
	"time"

	"holdfast"
	"holdfast/flow/rejudge"
)

const rejudgeJob = "everybody" // the one row

// RejudgeJob is how far the judging of everybody has come, and who leads it;
// the zero Job before there was any.
func (r reader) RejudgeJob(ctx context.Context) (j rejudge.Job, err error) {
	rs, err := r.q.query(ctx, `select why, again, behind, done, total, credentials, judged, suspended, staged, spared, lapsed, uncovered,
		trusted, begun, moved, ended, lease, lease_until from rejudge_job where id = $1`, rejudgeJob)
	if err != nil {
		return j, err
	}
	defer rs.Close()
	if !rs.Next() {
		return j, rs.Err()
	}
	var again, begun, moved, ended, until int64
	var behind string
	if err := rs.Scan(&j.Why, &again, &behind, &j.Done, &j.Total, &j.Credentials, &j.Judged, &j.Suspended, &j.Staged, &j.Spared,
		&j.Lapsed, &j.Uncovered, &j.Trusted, &begun, &moved, &ended, &j.Lease, &until); err != nil {
		return j, errInternal.Because(err)
	}
	j.Again, j.Behind = again != 0, holdfast.PersonID(behind)
	j.Begun, j.Moved, j.Ended = holdfast.FromMicros(begun), holdfast.FromMicros(moved), holdfast.FromMicros(ended)
	j.LeaseUntil = holdfast.FromMicros(until)
	return j, rs.Err()
}

// LeadRejudging takes or keeps the lease of the one node that judges people
// again, until then, and says whether it has it.
func (tx *Tx) LeadRejudging(ctx context.Context, node string, now, until time.Time) (bool, error) {
	n, err := tx.exec(ctx, `insert into rejudge_job (id, why, again, behind, done, total, credentials, judged, suspended, staged, spared,
		lapsed, uncovered, trusted, begun, moved, ended, lease, lease_until)
		values ($1, '', 0, '', 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0, 0, $2, $4)
		on conflict (id) do update set lease = excluded.lease, lease_until = excluded.lease_until
		where rejudge_job.lease = excluded.lease or rejudge_job.lease_until <= $3`,
		rejudgeJob, node, holdfast.Micros(now), holdfast.Micros(until))
	return n == 1, err
}

// PutRejudgeJob notes how far it has come; the lease is left as it is.
func (tx *Tx) PutRejudgeJob(ctx context.Context, j rejudge.Job) error {
	again := int64(0)
	if j.Again {
		again = 1
	}
	return tx.later(ctx, `update rejudge_job set why = $2, again = $3, behind = $4, done = $5, total = $6, credentials = $7, judged = $8,
		suspended = $9, staged = $10, spared = $11, lapsed = $12, uncovered = $13, begun = $14, moved = $15, ended = $16, trusted = $17 where id = $1`,
		rejudgeJob, j.Why, again, string(j.Behind), j.Done, j.Total, j.Credentials, j.Judged, j.Suspended, j.Staged, j.Spared, j.Lapsed,
		j.Uncovered, holdfast.Micros(j.Begun), holdfast.Micros(j.Moved), holdfast.Micros(j.Ended), j.Trusted)
}
