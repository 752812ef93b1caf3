package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"holdfast"
)

// A job is one closure on its way through the writer.
type job struct {
	ctx   context.Context
	fn    func(*Tx) error
	state atomic.Int32          // jobQueued, then one of the others
	err   error                 // of the closure; owned by the writer until done
	done  chan error            // answered once, after the commit
	wants holdfast.CredentialID // will be read; may be empty

	leaves []leaf              // what it appends to the log
	erased []holdfast.PersonID // whose openings go
	wakes  []string            // topics to wake when it is committed
}

// begin forgets what an earlier run of the closure has left.
func (j *job) begin() { j.leaves, j.erased, j.wakes = j.leaves[:0], nil, nil }

const (
	jobQueued int32 = iota
	jobTaken
	jobGone // its caller has given up
)

// InTx runs fn in a transaction and returns nil when what it wrote is durable.
// When fn returns an error or panics, nothing of it was written, and InTx
// returns that error, or one of kind Internal for the panic. All closures of
// all nodes run one after the other, so fn may read, check and write freely.
//
// fn must be quick (no network, no signature, no password hash), must not call
// InTx, must not keep tx, and may be run again from the start when the
// database was lost in between: what it sets outside it must set anew.
//
// ctx counts until fn begins; then InTx waits for the outcome.
func (db *DB) InTx(ctx context.Context, fn func(*Tx) error) error {
	return db.do(&job{ctx: ctx, fn: fn, done: make(chan error, 1)})
}

// do brings a closure to the writer and waits for its outcome.
func (db *DB) do(j *job) error {
	ctx := j.ctx
	select {
	case <-db.closing:
		return errClosed
	case <-ctx.Done():
		return errCancelled.Because(ctx.Err())
	default:
	}
	select {
	case db.queue <- j:
	case <-db.closing:
		return errClosed
	case <-ctx.Done():
		return errCancelled.Because(ctx.Err())
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		if j.state.CompareAndSwap(jobQueued, jobGone) {
			return errCancelled.Because(ctx.Err())
		}
	case <-db.stopped:
		if j.state.CompareAndSwap(jobQueued, jobGone) {
			return errClosed
		}
	}
	return <-j.done
}

// writer is the one goroutine that writes.
type writer struct {
	db       *DB
	conn     conn      // nil when it must be opened first
	batch    []*job    // being run
	full     bool      // nobody may join the batch any more
	away     time.Time // since when the database cannot be reached; zero while it can
	foreseen foreseen
	ended    bool // returned from loop as meant
}

const (
	maxAttempts = 4 // of one batch, with a database that can be reached
)

func (w *writer) loop() {
	defer w.survive()
	for {
		j, ok := w.next()
		if !ok {
			break
		}
		w.batch, w.full = w.take(w.batch[:0], j), false
		w.run()
	}
	w.disconnect()
	w.ended = true
	close(w.db.stopped)
}

// survive goes on in a new goroutine when a closure ended this one with
// runtime.Goexit. (A panic in a closure does not come here.)
func (w *writer) survive() {
	if w.ended {
		return
	}
	for _, j := range w.batch {
		w.answer(j, errPanic)
	}
	w.disconnect()
	go (&writer{db: w.db}).loop()
}

// next waits for a closure, and after Close gives what is still queued.
func (w *writer) next() (*job, bool) {
	select {
	case j := <-w.db.queue:
		return j, true
	default:
	}
	select {
	case j := <-w.db.queue:
		return j, true
	case <-w.db.closing:
	}
	select {
	case j := <-w.db.queue:
		return j, true
	default:
		return nil, false
	}
}

// collect takes whatever came while the last commit ran, and while other nodes
// held the log's head. No timer: a lone caller waits for nobody.
func (w *writer) collect() {
	if w.full {
		return
	}
	w.full = true
	runtime.Gosched() // those that were just answered may come back at once
	for len(w.batch) < w.db.cfg.MaxBatch {
		select {
		case j := <-w.db.queue:
			w.batch = w.take(w.batch, j)
		default:
			return
		}
	}
}

func (w *writer) take(batch []*job, j *job) []*job {
	if !j.state.CompareAndSwap(jobQueued, jobTaken) {
		return batch
	}
	if err := j.ctx.Err(); err != nil {
		w.answer(j, errCancelled.Because(err))
		return batch
	}
	return append(batch, j)
}

func (w *writer) answer(j *job, err error) {
	select {
	case j.done <- err:
	default: // answered before
	}
}

// run commits the batch and answers every caller.
func (w *writer) run() {
	if len(w.batch) == 0 {
		return
	}
	signed, err := w.attempts()
	w.collect() // when there is no database, all who wait hear it at once
	if err == nil {
		w.db.batches.Add(1)
		w.db.answered.Add(int64(len(w.batch)))
	}
	if err == nil && signed != "" && w.db.cfg.OnCheckpoint != nil {
		w.db.cfg.OnCheckpoint(signed)
	}
	for _, j := range w.batch {
		if err != nil {
			w.answer(j, err)
			continue
		}
		w.answer(j, j.err)
	}
	if err == nil {
		w.wake(signed != "")
	}
	clear(w.batch)
	w.batch = w.batch[:0]
}

// wake tells those who wait what was committed.
func (w *writer) wake(grown bool) {
	if grown {
		w.db.grown()
	}
	for _, topic := range w.topics() {
		w.db.wakes.heard(topic)
	}
}

// topics are those that the batch wakes.
func (w *writer) topics() (topics []string) {
	for _, j := range w.batch {
		for _, t := range j.wakes {
			if !slices.Contains(topics, t) {
				topics = append(topics, t)
			}
		}
	}
	return topics
}

// attempts runs the batch until it is committed or cannot be. It gives the new
// checkpoint, if the log grew.
//
// At first it trusts every closure, without a savepoint around each: they are
// rare that fail after they have written something. When one does, all is
// rolled back and run again with savepoints, so that it fails alone.
func (w *writer) attempts() (signed string, err error) {
	careful := false
	for range maxAttempts {
		var p progress
		p, err = w.attempt(careful)
		if err == nil {
			return p.signed, nil
		}
		f := w.db.engine.fault(err)
		if f == faultOwn && !careful && len(w.batch) > 1 {
			careful, f = true, faultRetry
		}
		w.abandon(f)
		if p.committing && (f == faultLost || f == faultRefused && len(p.leaves) > 0) {
			switch w.outcome(p) {
			case outcomeCommitted:
				return p.signed, nil
			case outcomeUnknown:
				return "", errUnknown.Because(err)
			}
		}
		if f != faultRetry && f != faultLost {
			break
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "", errUnavailable.Because(err)
	}
	return "", w.db.engine.wrap(err)
}

// errFailedAfterWriting sends a batch back to be run carefully. It is told to
// nobody.
var errFailedAfterWriting = holdfast.Errorf(holdfast.Internal, "store_internal", "A closure failed after it had written.")

// abandon leaves a connection without a transaction behind, whatever state the
// failed attempt has left it in.
func (w *writer) abandon(f fault) {
	if w.conn == nil {
		return
	}
	if f == faultLost || f == faultRefused || w.conn.rollback(context.Background()) != nil {
		w.disconnect()
	}
}

// progress is how far an attempt came.
type progress struct {
	committing bool // the commit was sent
	first      int64
	leaves     []leaf
	signed     string
}

// attempt runs every closure of the batch in one database transaction.
func (w *writer) attempt(careful bool) (p progress, err error) {
	if w.conn == nil {
		if w.conn, err = w.connect(); err != nil {
			return p, err
		}
	}
	ctx := context.Background() // a caller's context would take the whole batch with it
	if limit := w.db.engine.batchLimit(); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	if err = w.conn.begin(ctx); err != nil {
		return p, err
	}
	head, err := readHead(ctx, w.conn, w.db.engine.headLock())
	if err != nil {
		return p, err
	}
	w.collect()
	w.conn.trust(!careful && len(w.batch) > 1)
	if err = w.foresee(ctx, head.frontier.Size()); err != nil {
		return p, err
	}
	for _, j := range w.batch {
		if err = w.runJob(ctx, j, p.leaves, careful); err != nil {
			return p, err
		}
		// Leaves are written at the end of the batch: what an earlier closure
		// of it has recorded of an erased person must not come back.
		for _, id := range j.erased {
			forget(p.leaves, id)
		}
		p.leaves = append(p.leaves, j.leaves...)
	}
	if len(w.batch) == 1 && w.batch[0].err != nil {
		return p, w.conn.rollback(ctx)
	}
	p.first = head.frontier.Size()
	if p.signed, err = w.db.appendLeaves(ctx, w.conn, head, p.leaves); err != nil {
		return p, err
	}
	if notify := w.db.engine.notify(); notify != "" {
		for _, topic := range w.topics() {
			if err = w.conn.later(ctx, notify, topic); err != nil {
				return p, err
			}
		}
	}
	p.committing = true
	return p, w.conn.commit(ctx)
}

// runJob runs one closure. Its own error stays with it; the error that it
// returns is of the database and is everybody's, or sends the batch back.
func (w *writer) runJob(ctx context.Context, j *job, earlier []leaf, careful bool) error {
	if careful {
		if err := w.conn.savepoint(ctx); err != nil {
			return err
		}
	}
	j.begin()
	tx := newTx(ctx, w.db, w.conn, j)
	tx.foreseen, tx.earlier = &w.foreseen, earlier
	j.err = tx.run(j.fn)
	if f := w.db.engine.fault(tx.bad); f > faultOwn {
		return tx.bad
	}
	if j.err == nil && tx.bad != nil {
		j.err = w.db.engine.wrap(tx.bad) // it went on after an error: the transaction is not whole
	}
	if careful {
		return w.settle(ctx, j)
	}
	if j.err == nil {
		return nil
	}
	j.begin()
	if len(w.batch) > 1 && (tx.wrote || tx.bad != nil) {
		return errFailedAfterWriting
	}
	return nil
}

// settle ends the savepoint of one closure.
func (w *writer) settle(ctx context.Context, j *job) error {
	if j.err == nil {
		if j.err = w.conn.release(ctx); j.err == nil {
			return nil
		}
		if f := w.db.engine.fault(j.err); f > faultOwn {
			return j.err
		}
		j.err = w.db.engine.wrap(j.err)
	}
	j.begin()
	w.foreseen.forget()
	return w.conn.rollbackTo(ctx)
}

// run calls fn and turns a panic into an error.
func (tx *Tx) run(fn func(*Tx) error) (err error) {
	defer func() {
		tx.over = true
		if r := recover(); r != nil {
			err = errPanic.Because(fmt.Errorf("panic in a transaction: %v\n%s", r, debug.Stack()))
		}
	}()
	return fn(tx)
}

func (w *writer) disconnect() {
	if w.conn != nil {
		w.conn.close()
		w.conn = nil
	}
}

type outcome int

const (
	outcomeUnknown outcome = iota
	outcomeCommitted
	outcomeNot
)

// outcome finds out whether a commit whose answer was lost has happened: the
// first leaf of the batch stands in the log, or it does not. The lock on the
// head waits until the lost transaction is over.
func (w *writer) outcome(p progress) outcome {
	if len(p.leaves) == 0 {
		return outcomeUnknown
	}
	c, err := w.connect()
	if err != nil {
		return outcomeUnknown
	}
	defer c.close()
	ctx := context.Background()
	if limit := w.db.engine.batchLimit(); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	if err := c.begin(ctx); err != nil {
		return outcomeUnknown
	}
	defer c.rollback(ctx)
	if _, err := readHead(ctx, c, w.db.engine.headLock()); err != nil {
		return outcomeUnknown
	}
	n, err := queryInt(ctx, c, "select count(*) from log_leaf where idx = $1 and hash = $2", p.first, p.leaves[0].hash[:])
	switch {
	case err != nil:
		return outcomeUnknown
	case n == 1:
		return outcomeCommitted
	}
	return outcomeNot
}
