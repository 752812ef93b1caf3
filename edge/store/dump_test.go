package store_test

import (
	"fmt"

	"holdfast/edge/store"
)

// lines is a store.Taker that keeps everything.
type lines []string

func (l *lines) say(format string, args ...any) error {
	*l = append(*l, fmt.Sprintf(format, args...))
	return nil
}

func (l *lines) Head(h store.Head) error   { return l.say("%+v", h) }
func (l *lines) Table(s store.Shape) error { return l.say("%+v", s) }
func (l *lines) Row(row []any) error       { return l.say("%#v", row) }
func (l *lines) EndTable(rows int64) error { return l.say("%d rows", rows) }

// failing is one that cannot write.
type failing struct{ error }

func (failing) Head(store.Head) error   { return nil }
func (failing) Table(store.Shape) error { return nil }
func (f failing) Row([]any) error       { return f.error }
func (failing) EndTable(int64) error    { return nil }
