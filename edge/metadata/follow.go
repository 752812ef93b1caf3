package metadata

import (
	"context"
	"errors"
	"time"

	"holdfast"
	"holdfast/domain/metadata"
)

// pause is between two looks at the source.
const pause = time.Hour

// Follow looks at the source now, every hour and when the settings change, and
// asks the store again when woken, until ctx ends.
func (l *Library) Follow(ctx context.Context, wakes <-chan struct{}) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for l.Check(ctx); ; {
		select {
		case <-ctx.Done():
			return
		case <-wakes:
			l.forget()
		case <-l.kick:
			l.Check(ctx)
		case <-tick.C:
			l.Check(ctx)
		}
	}
}

// Check looks at the source once, imports what is newer there, and raises an
// alarm in the log where the metadata are overdue. What goes wrong is logged,
// and what there is stays in force.
func (l *Library) Check(ctx context.Context) {
	s := l.now()
	if s.Source != "" {
		err := l.follow(ctx, s.Source)
		if ctx.Err() != nil {
			return
		}
		l.mu.Lock()
		l.look.at, l.look.failed = l.Clock(), sentence(err)
		l.mu.Unlock()
		if err != nil {
			l.Log.WarnContext(ctx, "look for metadata; the current ones stay in force", "source", s.Source, "error", err)
		}
	}
	r, err := l.Record(ctx)
	if err != nil {
		l.Log.WarnContext(ctx, "read what metadata there are", "error", err)
		return
	}
	if r.State(l.Clock(), s.MaxAge) == metadata.Overdue {
		l.Log.WarnContext(ctx, "the metadata are overdue; they stay in force, and what was found of authenticators since is not in them",
			"no", r.No, "next_update", r.NextUpdate.Format(time.DateOnly))
	}
}

// sentence is what an administrator reads of an error.
func sentence(err error) string {
	if e, ok := errors.AsType[*holdfast.Error](err); ok {
		return e.Text
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// follow imports what is new at the source. What was dealt with before is not
// read again, whatever became of it.
func (l *Library) follow(ctx context.Context, source string) error {
	l.mu.Lock()
	stamp := l.look.stamp
	if l.look.source != source {
		stamp = ""
	}
	failed := l.look.failed
	l.mu.Unlock()
	found, next, err := l.found(ctx, source, stamp)
	if errors.Is(err, errUnchanged) {
		if failed != "" {
			return holdfast.Errorf(holdfast.Invalid, "mds_source", "%s", failed) // as before
		}
		return nil
	}
	if err == nil {
		err = l.importFirst(ctx, found)
	}
	if holdfast.KindOf(err) != holdfast.Unavailable && ctx.Err() == nil {
		l.mu.Lock()
		l.look.stamp, l.look.source = next, source
		l.mu.Unlock()
	}
	return err
}

func (l *Library) found(ctx context.Context, source, stamp string) ([]Found, string, error) {
	if IsAddress(source) {
		f, etag, err := fetch(ctx, l.Client, source, stamp)
		return []Found{f}, etag, err
	}
	names, next, err := files(source)
	if err != nil {
		return nil, "", err
	}
	if next == stamp {
		return nil, stamp, errUnchanged
	}
	all, err := readFiles(names)
	return all, next, err
}

// importFirst imports the newest that is genuine.
func (l *Library) importFirst(ctx context.Context, found []Found) (err error) {
	for _, f := range found {
		_, err = l.Import(ctx, holdfast.Actor{Kind: holdfast.ActorSystem}, f.JWT, nil, f.Name)
		if err == nil || holdfast.KindOf(err) != holdfast.Invalid {
			return err // imported, or the others are older still, or nothing goes now
		}
		if len(found) > 1 {
			l.Log.WarnContext(ctx, "a metadata BLOB was refused", "source", f.Name, "error", err)
		}
	}
	return err
}
