package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
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
	rows := make([]page.SurroundingRow, len(found))
	for i, s := range found {
		rows[i] = page.SurroundingRow{ID: string(s.ID), Name: s.Name, Kind: s.Kind, Says: page.SurroundingSays(s), Source: s.Source,
			Standing: s.Standing(now), Lacks: s.Lacks(), Current: s.Current(now), From: s.From, Until: s.Until, ReviewBy: s.ReviewBy, Withdrawn: s.Withdrawn}
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

func (c *Console) newSurrounding(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	kind := surroundings.Kind(r.FormValue("kind"))
	if !slices.Contains(surroundings.Kinds(), kind) {
		kind = surroundings.Power
	}
	c.Visits.Render(w, r, http.StatusOK, &page.NewSurrounding{Frame: c.frame(w, r, v), Kind: kind})
	return nil
}

// surroundingFields also says where somebody is not found: the input in
// question is that of the kind.
var surroundingFields = fieldOf{
	"surrounding_name": "name", "surrounding_taken": "name", "surrounding_person": "person", "surrounding_provider": "provider",
	"surrounding_over": "over", "surrounding_target": "target", "surrounding_holders": "holders", "surrounding_list": "devices", "surrounding_k": "k", "surrounding_check": "check",
	"surrounding_factor": "sign_in", "surrounding_ways": "sign_in", "surrounding_devices": "devices", "surrounding_status": "status",
	"surrounding_from": "from", "surrounding_time": "review_by", "nobody": "person", "no_such_holder": "holders",
}

func (c *Console) declare(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	typed := &page.NewSurrounding{Kind: surroundings.Kind(r.PostFormValue("kind")), Typed: map[string]string{}}
	for name, values := range r.PostForm {
		typed.Typed[name] = strings.TrimSpace(values[0])
	}
	d, err := declaration(typed.Kind, typed.Typed)
	if err == nil {
		_, err = c.Govern.DeclareSurrounding(r.Context(), v.Actor(), d)
	}
	if holdfast.CodeOf(err) == "no_such_person" {
		where := map[bool]string{true: "no_such_holder", false: "nobody"}[d.Kind == surroundings.Power]
		err = holdfast.Errorf(holdfast.Invalid, where, "Nobody here has this address. Write the e-mail address that is on the person’s page.")
	}
	if shown, status, ok := surroundingFields.onForm(err); ok {
		typed.Errors, typed.Frame = c.beside(typed, shown), c.frame(w, r, v)
		c.Visits.Render(w, r, status, typed)
		return nil
	}
	if err != nil {
		return err
	}
	return c.done(w, r, "Declared. It counts from now on.", page.PathSurroundings)
}

// beside moves an error to where the form of the kind has an input for it: a
// word that is no factor may stand in either list of ways.
func (*Console) beside(n *page.NewSurrounding, shown page.Errors) page.Errors {
	text, wrong := shown["sign_in"]
	if !wrong {
		return shown
	}
	for _, name := range []string{"sign_in", "recovery"} {
		for _, way := range page.SplitLines(n.Typed[name]) {
			if _, err := surroundings.ParseWay(way); err != nil {
				return page.Errors{name: text}
			}
		}
	}
	return page.Errors{"": text}
}

// declaration is what was typed.
func declaration(kind surroundings.Kind, typed map[string]string) (surroundings.Declaration, error) {
	d := surroundings.Declaration{Kind: kind, Name: typed["name"], Person: holdfast.PersonID(typed["person"]),
		Provider: typed["provider"], Primary: typed["primary"] != "", SignIn: page.SplitLines(typed["sign_in"]), Recovery: page.SplitLines(typed["recovery"]),
		Said: typed["recovery_complete"] != "", Devices: page.SplitLines(typed["devices"]), Over: typed["over"], Target: typed["target"],
		Check: typed["check"], Status: typed["status"], Source: typed["source"]}
	for _, h := range page.SplitLines(typed["holders"]) {
		if strings.Contains(h, "@") && !strings.Contains(h, " ") && !strings.HasPrefix(h, "person:") {
			h = "person:" + h
		}
		d.Holders = append(d.Holders, h)
	}
	if typed["k"] != "" {
		n, err := strconv.Atoi(typed["k"])
		if err != nil || n < 1 {
			return d, holdfast.Errorf(holdfast.Invalid, "surrounding_k", "Write how many of the holders must act together, such as 2, or leave it empty.")
		}
		d.K = n
	}
	var err error
	if d.From, err = surroundings.ParseTime(typed["from"]); err != nil {
		return d, holdfast.Errorf(holdfast.Invalid, "surrounding_from", "Write the day as 2026-11-22.")
	}
	d.ReviewBy, err = surroundings.ParseTime(typed["review_by"])
	return d, err
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
