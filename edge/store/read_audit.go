package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

// busy are the kinds of record that sign-ins write: most of the log.
const busy = "('credential.used', 'session.opened', 'grant.issued', 'grant.redeemed', 'token.refreshed')"

// notBusy is the condition of the indexes by type, actor and subject, in their
// very words: without it they are not used.
const notBusy = "type <> 'credential.used' and type <> 'session.opened' and type <> 'grant.issued' and type <> 'grant.redeemed' and type <> 'token.refreshed'"

// A LogFilter chooses records of the log for a page of them. The zero filter
// chooses all.
type LogFilter struct {
	Type  audit.Type
	Actor []string // "person:per_…", "host:root", "system"; any of them
	About string   // the subject, or the person whose it is

	// Owner is whose About is, where it is known to be somebody's: their uses of
	// it are then found without reading the whole log.
	Owner holdfast.PersonID

	Since  time.Time
	Until  time.Time // excluded
	Before int64     // an index: only older records; 0 is none
	From   int64     // an index: only this record and newer ones, the nearest; 0 is none
}

// LogPage lists at most limit records, the newest first, and says whether
// there are more in the direction that was asked for.
func (r reader) LogPage(ctx context.Context, f LogFilter, limit int) (page []Leaf, more bool, err error) {
	parts, err := r.logParts(ctx, f)
	if err != nil {
		return nil, false, err
	}
	order := " order by idx desc limit "
	if f.From > 0 {
		order = " order by idx limit "
	}
	for _, c := range parts {
		some, err := leaves(ctx, r.q, "select idx, at, type, actor, subject, person, body from log_leaf"+
			c.where()+order+c.arg(limit+1), c.args...)
		if err != nil {
			return nil, false, err
		}
		page = append(page, some...)
	}
	slices.SortFunc(page, func(a, b Leaf) int { return int(b.Index - a.Index) })
	if more = len(page) > limit; more && f.From > 0 {
		page = page[len(page)-limit:]
	} else if more {
		page = page[:limit]
	}
	return page, more, nil
}

// CountLog counts the records that f chooses.
func (r reader) CountLog(ctx context.Context, f LogFilter) (n int64, err error) {
	parts, err := r.logParts(ctx, f)
	for _, c := range parts {
		some, err := queryInt(ctx, r.q, "select count(*) from log_leaf"+c.where(), c.args...)
		if err != nil {
			return 0, err
		}
		n += some
	}
	return n, err
}

// logParts are conditions of which each is found by an index, and none finds
// what another does.
func (r reader) logParts(ctx context.Context, f LogFilter) ([]*conditions, error) {
	from, to, err := r.logBetween(ctx, f.Since, f.Until)
	if err != nil {
		return nil, err
	}
	part := func(more ...string) *conditions {
		c := f.conditions()
		if from > 0 {
			c.add("idx >= %s", from)
		}
		if to >= 0 {
			c.add("idx < %s", to)
		}
		c.texts = append(c.texts, more...)
		return c
	}
	person := strings.HasPrefix(f.About, "per_")
	switch {
	case strings.Contains(busy, "'"+string(f.Type)+"'"):
		return f.busyParts(part), nil
	case f.Type == "" && (person || f.About == "" && len(f.Actor) == 0):
		return []*conditions{part()}, nil
	case person:
		return []*conditions{part()}, nil
	case f.Type != "":
		return []*conditions{part(notBusy)}, nil
	}
	return append(f.busyParts(part), part(notBusy)), nil
}

// busyParts are those of the busy kinds. Only people and applications write
// such records, and people only about themselves.
func (f LogFilter) busyParts(part func(...string) *conditions) []*conditions {
	about := func() *conditions {
		c := part("type in " + busy)
		if f.Owner != "" {
			c.add("person = %s and person <> ''", string(f.Owner))
		}
		return c
	}
	for _, never := range []string{"grp_", "app_", "key_", "tic_", "tok_"} {
		if strings.HasPrefix(f.About, never) {
			return nil
		}
	}
	if len(f.Actor) == 0 {
		return []*conditions{about()}
	}
	var people, apps []string
	for _, a := range f.Actor {
		kind, id, _ := strings.Cut(a, ":")
		switch {
		case kind == string(holdfast.ActorPerson) && strings.HasPrefix(id, "per_"):
			people = append(people, id)
		case kind == string(holdfast.ActorApp) && strings.HasPrefix(id, "app_"):
			apps = append(apps, a)
		}
	}
	var parts []*conditions
	if len(people) > 0 {
		c := about()
		c.texts = append(c.texts, "person <> ''")
		among(c, "person", people)
		parts = append(parts, c)
	}
	if len(apps) > 0 {
		c := about()
		among(c, "actor", apps)
		parts = append(parts, c)
	}
	return parts
}

func (f LogFilter) conditions() *conditions {
	c := &conditions{}
	if f.Type != "" {
		c.add("type = %s", string(f.Type))
	}
	if len(f.Actor) > 0 {
		among(c, "actor", f.Actor)
	}
	switch {
	case strings.HasPrefix(f.About, "per_"):
		c.add("person = %s and person <> ''", f.About)
	case f.About != "":
		c.add("subject = %s", f.About)
	}
	if !f.Since.IsZero() {
		c.add("at >= %s", holdfast.Micros(f.Since))
	}
	if !f.Until.IsZero() {
		c.add("at < %s", holdfast.Micros(f.Until))
	}
	if f.Before > 0 {
		c.add("idx < %s", f.Before)
	}
	if f.From > 0 {
		c.add("idx >= %s", f.From)
	}
	return c
}

// logSkew is by how much the clocks of nodes may differ: so far is the log from
// being in the order of its instants.
const logSkew = time.Hour

// logBetween is between which indexes the records of since to until are; to is
// -1 where there is no limit.
func (r reader) logBetween(ctx context.Context, since, until time.Time) (from, to int64, err error) {
	to = -1
	if !since.IsZero() {
		if from, err = r.logAt(ctx, since.Add(-logSkew)); err != nil {
			return 0, 0, err
		}
	}
	if !until.IsZero() {
		to, err = r.logAt(ctx, until.Add(logSkew))
	}
	return from, to, err
}

// logAt is the first index whose record is of t or later, by halving.
func (r reader) logAt(ctx context.Context, t time.Time) (int64, error) {
	hi, err := queryInt(ctx, r.q, "select size from log_head where id = 1")
	lo, us := int64(0), holdfast.Micros(t)
	for err == nil && lo < hi {
		mid := lo + (hi-lo)/2
		var at int64
		if at, err = queryInt(ctx, r.q, "select at from log_leaf where idx = $1", mid); at < us {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, err
}
