package console

import (
	"context"
	"net/http"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/surroundings"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// Around is the part of the story about what surrounds Holdfast.
type Around interface {
	DeclareSurrounding(ctx context.Context, by holdfast.Actor, d surroundings.Declaration) (surroundings.Record, error)
	ChangeSurrounding(ctx context.Context, by holdfast.Actor, id holdfast.SurroundingID, change func(*surroundings.Declaration)) (surroundings.Record, error)
	WithdrawSurrounding(ctx context.Context, by holdfast.Actor, id holdfast.SurroundingID) error
}

// Declared is what is read of it.
type Declared interface {
	// Surrounding gives what was declared also when it was withdrawn.
	Surrounding(ctx context.Context, id holdfast.SurroundingID) (surroundings.Record, error)
	// SharedSurroundings gives the powers that stand.
	SharedSurroundings(ctx context.Context) ([]surroundings.Record, error)
	SurroundingsWhere(ctx context.Context, f store.SurroundingList, k store.Span) ([]surroundings.Record, bool, error)
	CountSurroundingsWhere(ctx context.Context, f store.SurroundingList, most int64) (int64, error)
}

func surroundingFilter(r *http.Request) store.SurroundingList {
	f := store.SurroundingList{Gone: r.FormValue("gone") == "yes"}
	if k := surroundings.Kind(r.FormValue("kind")); slices.Contains(surroundings.Kinds(), k) {
		f.Kind = k
	}
	return f
}

func (c *Console) surroundings(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx, f, k := r.Context(), surroundingFilter(r), span(r)
	found, more, err := c.Store.SurroundingsWhere(ctx, f, k)
	if err != nil {
		return err
	}
	total, err := c.Store.CountSurroundingsWhere(ctx, f, store.Many)
	if err != nil {
		return err
	}
	to := &page.Surroundings{Kind: string(f.Kind), Gone: f.Gone, Export: page.ExportOf(r.URL.Query())}
	if to.Rows, err = c.surroundingRows(ctx, found); err != nil {
		return err
	}
	if to.Pager.Total = int(total); len(to.Rows) > 0 {
		to.Pager = parts(r, k, to.Rows[0].ID, to.Rows[len(to.Rows)-1].ID, len(to.Rows), more, total)
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

func (c *Console) surroundingRows(ctx context.Context, found []surroundings.Record) ([]page.SurroundingRow, error) {
	names, now := c.names(), c.Visits.Clock()
	for _, s := range found {
		names.person(s.Person)
		for _, p := range s.People() {
			names.person(p)
		}
	}
	if err := names.read(ctx); err != nil {
		return nil, err
	}
	t, err := c.targets(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]page.SurroundingRow, len(found))
	for i, s := range found {
		rows[i] = page.SurroundingRow{ID: string(s.ID), Name: s.Name, Kind: s.Kind, Says: page.SurroundingSays(s), Source: s.Source,
			Standing: s.Standing(now), Lacks: s.Lacks(), Current: s.Current(now), From: s.From, Until: s.Until, ReviewBy: s.ReviewBy, Withdrawn: s.Withdrawn,
			Misses: t.miss(s)}
		if s.Person != "" {
			rows[i].Owner = names.subjectLink(string(s.Person), s.Person)
		}
		for _, h := range s.Holders {
			holder := page.Link{Text: h}
			if id, here := surroundings.HolderPerson(h); here {
				holder = names.subjectLink(string(id), id)
			}
			rows[i].Holders = append(rows[i].Holders, holder)
		}
	}
	return rows, nil
}

func (c *Console) surroundingsFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	f := surroundingFilter(r)
	type record = surroundings.Record
	now := c.Visits.Clock()
	return send(c, w, r, v, sheet[record]{
		name: "surroundings", scope: authority.SurroundingsRead, columns: []column[record]{
			{"id", func(s record) any { return string(s.ID) }},
			{"kind", func(s record) any { return string(s.Kind) }},
			{"name", func(s record) any { return s.Name }},
			{"person", func(s record) any { return string(s.Person) }},
			{"provider", func(s record) any { return s.Provider }},
			{"primary", func(s record) any { return s.Primary }},
			{"sign_in", func(s record) any { return s.SignIn }},
			{"recovery", func(s record) any { return s.Recovery }},
			{"recovery_complete", func(s record) any { return s.Said }},
			{"devices", func(s record) any { return s.Devices }},
			{"over", func(s record) any { return s.Over }},
			{"target", func(s record) any { return s.Target }},
			{"holders", func(s record) any { return s.Holders }},
			{"k", func(s record) any { return s.K }},
			{"check", func(s record) any { return s.Check }},
			{"status", func(s record) any { return s.Status }},
			{"source", func(s record) any { return s.Source }},
			{"standing", func(s record) any { return string(s.Standing(now)) }},
			{"review_by", func(s record) any { return s.ReviewBy }},
			{"from", func(s record) any { return s.From }},
			{"until", func(s record) any { return s.Until }},
			{"declared", func(s record) any { return s.Declared }},
			{"withdrawn", func(s record) any { return s.Withdrawn }},
		},
		count: func(ctx context.Context) (int64, error) { return c.Store.CountSurroundingsWhere(ctx, f, 0) },
		next: func(ctx context.Context, after string) ([]record, string, error) {
			found, _, err := c.Store.SurroundingsWhere(ctx, f, store.Span{After: after, Limit: step})
			if err != nil || len(found) == 0 {
				return nil, "", err
			}
			return found, string(found[len(found)-1].ID), nil
		},
	})
}

// renew says that what is declared was looked at, and is still so.
func (c *Console) renewSurrounding(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	again := surroundings.Again(c.Visits.Clock())
	_, err := c.Govern.ChangeSurrounding(r.Context(), v.Actor(), holdfast.SurroundingID(r.PathValue("id")), func(d *surroundings.Declaration) { d.ReviewBy = again })
	return c.pressed(w, r, err, "It is still so. Look again by "+again.Format(time.DateOnly)+".", page.PathSurroundings)
}

func (c *Console) withdrawSurrounding(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	err := c.Govern.WithdrawSurrounding(r.Context(), v.Actor(), holdfast.SurroundingID(r.PathValue("id")))
	return c.pressed(w, r, err, "Withdrawn. It never counts again.", page.PathSurroundings)
}
