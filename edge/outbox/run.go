package outbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"holdfast/edge/store"
)

// grace is how long attempts that are under way may go on when the worker is
// stopped.
const grace = 3 * time.Second

// Run delivers until ctx ends, then lets what is under way end, for a short
// while, and cuts off the rest: it will be delivered again. The store must
// stay open until Run returns.
func (w *Worker) Run(ctx context.Context) {
	wakes := w.cfg.Store.Wakes(ctx, store.DeliveryTopic)
	for ctx.Err() == nil {
		pause := w.look(ctx)
		timer := time.NewTimer(pause)
		select {
		case <-wakes:
		case l := <-w.done:
			w.free(l)
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	w.drain()
}

func (w *Worker) free(l lane) {
	if w.lanes[l]--; w.lanes[l] <= 0 {
		delete(w.lanes, l)
	}
}

// drain waits for the attempts that are under way.
func (w *Worker) drain() {
	cut := time.AfterFunc(grace, func() { close(w.stop) })
	defer cut.Stop()
	for len(w.lanes) > 0 {
		w.free(<-w.done)
	}
}

// look begins every attempt for which there is room, and says how long nothing
// will be due.
func (w *Worker) look(ctx context.Context) time.Duration {
	now := w.cfg.Clock()
	due, next, err := w.cfg.Store.DueDeliveries(ctx, now)
	if err != nil {
		w.trouble(ctx, "looking for what is due", err)
		return glance
	}
	if room := w.room(due); len(room) > 0 {
		if err := w.begin(ctx, room, now); err != nil {
			w.trouble(ctx, "leasing", err)
			return glance
		}
	}
	if next.IsZero() {
		return glance
	}
	return min(glance, max(time.Millisecond, next.Sub(now)))
}

// room is what of the lanes that are due can be begun.
func (w *Worker) room(due []store.Lane) (room []store.Lane) {
	for _, l := range due {
		route, ok := w.cfg.Routes[l.Kind]
		if !ok {
			continue
		}
		if l.N = min(l.N, route.PerTarget-w.lanes[lane{l.Kind, l.Target}]); l.N > 0 {
			room = append(room, l)
		}
	}
	return room
}

// begin leases what room says, each kind for as long as its attempts may take.
func (w *Worker) begin(ctx context.Context, room []store.Lane, now time.Time) error {
	byKind := map[string][]store.Lane{}
	for _, l := range room {
		byKind[l.Kind] = append(byKind[l.Kind], l)
	}
	for kind, lanes := range byKind {
		route := w.cfg.Routes[kind]
		ds, err := w.cfg.Store.LeaseDeliveries(ctx, lanes, now, now.Add(route.Timeout+slack))
		if err != nil {
			return err
		}
		for _, d := range ds {
			l := lane{d.Kind, d.Target}
			w.lanes[l]++
			go func() {
				defer func() { w.done <- l }()
				w.deliver(context.WithoutCancel(ctx), route, d)
			}()
		}
	}
	return nil
}

// errCut is why an attempt ends that the end of the worker has cut off.
var errCut = errors.New("the server was stopped")

// deliver makes one attempt and writes down how it ended.
func (w *Worker) deliver(ctx context.Context, route Route, d store.Delivery) {
	err := d.Broken
	if err == nil {
		err = w.send(ctx, route, d)
	} else {
		err = Permanent(err)
	}
	if err == nil {
		w.delivered.Add(1)
		if err := w.cfg.Store.DoneDelivery(ctx, d.ID); err != nil {
			w.trouble(ctx, "forgetting what has arrived", err)
		}
		return
	}
	now := w.cfg.Clock()
	if errors.Is(err, errCut) {
		err = w.cfg.Store.FailDelivery(ctx, d, now, errCut.Error())
	} else if w.failed.Add(1); IsPermanent(err) || d.Tries > 1 && now.Sub(d.Created) >= route.GiveUp {
		w.dead.Add(1)
		w.cfg.Log.WarnContext(ctx, "a delivery was given up", "kind", d.Kind, "id", d.ID, "tries", d.Tries, "error", err)
		err = w.cfg.Store.GiveUpDelivery(ctx, d, now, err.Error())
	} else {
		err = w.cfg.Store.FailDelivery(ctx, d, now.Add(wait(d.Tries)), err.Error())
	}
	if err != nil {
		w.trouble(ctx, "noting a failure", err)
	}
}

// send calls the sender. One that panics has failed, no more.
func (w *Worker) send(ctx context.Context, route Route, d store.Delivery) (err error) {
	defer func() {
		if r := recover(); r != nil {
			w.cfg.Log.ErrorContext(ctx, "a sender panicked", "kind", d.Kind, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = fmt.Errorf("the sender panicked")
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, route.Timeout)
	defer cancel()
	cut, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() {
		select {
		case <-w.stop:
			end(errCut)
		case <-cut.Done():
		}
	}()
	err = route.Sender.Send(cut, d.Target, d.Body)
	if err != nil && errors.Is(context.Cause(cut), errCut) {
		return errCut
	}
	return err
}

func (w *Worker) trouble(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		w.cfg.Log.ErrorContext(ctx, "the outbox was hindered", "at", what, "error", err)
	}
}
