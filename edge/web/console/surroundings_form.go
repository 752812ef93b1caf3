package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/surroundings"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

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
	"surrounding_from": "from", "surrounding_until": "until", "surrounding_time": "review_by", "nobody": "person", "no_such_holder": "holders",
}

func (c *Console) declare(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	to := typedSurrounding(r, surroundings.Kind(r.PostFormValue("kind")))
	d, err := declaration(to.Kind, to.Typed)
	if err == nil {
		_, err = c.Govern.DeclareSurrounding(r.Context(), v.Actor(), d)
	}
	if err != nil {
		return c.refusedSurrounding(w, r, v, to, err)
	}
	return c.done(w, r, "Declared. It counts from now on.", page.PathSurroundings)
}

// typedSurrounding is a form with what was typed into it.
func typedSurrounding(r *http.Request, kind surroundings.Kind) *page.NewSurrounding {
	to := &page.NewSurrounding{Kind: kind, Typed: map[string]string{}}
	for name, values := range r.PostForm {
		to.Typed[name] = strings.TrimSpace(values[0])
	}
	return to
}

// refusedSurrounding shows the form again, what is wrong beside its input.
func (c *Console) refusedSurrounding(w http.ResponseWriter, r *http.Request, v visit.Visit, to *page.NewSurrounding, err error) error {
	if holdfast.CodeOf(err) == "no_such_person" {
		where := map[bool]string{true: "no_such_holder", false: "nobody"}[to.Kind == surroundings.Power]
		err = holdfast.Errorf(holdfast.Invalid, where, "Nobody here has this address. Write the e-mail address that is on the person’s page.")
	}
	shown, status, ok := surroundingFields.onForm(err)
	if !ok {
		return err
	}
	to.Errors, to.Frame = c.beside(to, shown), c.frame(w, r, v)
	c.Visits.Render(w, r, status, to)
	return nil
}

// standingSurrounding is what stands under the id in the address.
func (c *Console) standingSurrounding(r *http.Request) (surroundings.Record, error) {
	s, err := c.Store.Surrounding(r.Context(), holdfast.SurroundingID(r.PathValue("id")))
	if err == nil && s.State() != surroundings.Stands {
		err = holdfast.Errorf(holdfast.NotFound, "no_such_surrounding", "This declaration was withdrawn. Declare it anew.")
	}
	return s, err
}

// editSurrounding shows the form with what is declared.
func (c *Console) editSurrounding(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	s, err := c.standingSurrounding(r)
	if err != nil {
		return err
	}
	to := &page.NewSurrounding{Kind: s.Kind}
	if to.Typed, err = c.asTyped(r.Context(), s); err == nil {
		err = c.aboutSurrounding(r.Context(), s, to)
	}
	if err != nil {
		return err
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// changeSurrounding says otherwise what is declared. What the form has no input
// for stays, and so does an instant of which the form shows the day.
func (c *Console) changeSurrounding(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	s, err := c.standingSurrounding(r)
	if err != nil {
		return err
	}
	to := typedSurrounding(r, s.Kind)
	if err := c.aboutSurrounding(r.Context(), s, to); err != nil {
		return err
	}
	d, err := declaration(to.Kind, to.Typed)
	if err == nil {
		_, err = c.Govern.ChangeSurrounding(r.Context(), v.Actor(), s.ID, func(was *surroundings.Declaration) {
			if d.Name == "" && d.Kind == surroundings.Departure {
				d.Name = was.Name
			}
			for i, h := range d.Holders {
				if outside := strings.TrimPrefix(h, "person:"); slices.Contains(was.Holders, outside) {
					d.Holders[i] = outside // somebody outside who is called by an address
				}
			}
			d.Person = was.Person
			d.ReviewBy, d.From, d.Until = sameDay(d.ReviewBy, was.ReviewBy), sameDay(d.From, was.From), sameDay(d.Until, was.Until)
			*was = d
		})
	}
	if err != nil {
		return c.refusedSurrounding(w, r, v, to, err)
	}
	return c.done(w, r, "Saved. It counts so from now on.", page.PathSurroundings)
}

// sameDay is the instant that was there, where the day that is typed is its day.
func sameDay(typed, was time.Time) time.Time {
	if dayOf(typed) == dayOf(was) {
		return was
	}
	return typed
}

// dayOf is a time as a date input has it.
func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// aboutSurrounding says what the form is about.
func (c *Console) aboutSurrounding(ctx context.Context, s surroundings.Record, to *page.NewSurrounding) error {
	to.ID, to.Title = string(s.ID), s.Name
	if s.Person == "" {
		return nil
	}
	n := c.names()
	n.person(s.Person)
	if err := n.read(ctx); err != nil {
		return err
	}
	to.Owner = n.subjectLink(string(s.Person), s.Person)
	if s.Kind == surroundings.Departure {
		to.Title = "the departure of " + to.Owner.Text
	}
	return nil
}

// asTyped is what is declared, as the form has it. A holder here is written by
// their address, as far as they have one.
func (c *Console) asTyped(ctx context.Context, s surroundings.Record) (map[string]string, error) {
	n := c.names()
	for _, id := range s.People() {
		n.person(id)
	}
	if err := n.read(ctx); err != nil {
		return nil, err
	}
	holders := make([]string, len(s.Holders))
	for i, h := range s.Holders {
		holders[i] = h
		if id, here := surroundings.HolderPerson(h); here && n.emails[id] != "" {
			holders[i] = n.emails[id]
		}
	}
	typed := map[string]string{"name": s.Name, "provider": s.Provider, "sign_in": page.Lines(s.SignIn), "recovery": page.Lines(s.Recovery),
		"devices": page.Lines(s.Devices), "over": s.Over, "target": s.Target, "holders": page.Lines(holders), "check": s.Check,
		"status": s.Status, "source": s.Source, "review_by": dayOf(s.ReviewBy), "from": dayOf(s.From), "until": dayOf(s.Until)}
	for name, set := range map[string]bool{"primary": s.Primary, "recovery_complete": s.Said} {
		if set {
			typed[name] = "yes"
		}
	}
	if s.K > 0 {
		typed["k"] = strconv.Itoa(s.K)
	}
	return typed, nil
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
	for _, t := range []struct {
		to         *time.Time
		name, code string
	}{{&d.From, "from", "surrounding_from"}, {&d.Until, "until", "surrounding_until"}, {&d.ReviewBy, "review_by", "surrounding_time"}} {
		if *t.to, err = surroundings.ParseTime(typed[t.name]); err != nil {
			return d, holdfast.Errorf(holdfast.Invalid, t.code, "Write the day as 2026-11-22.")
		}
	}
	return d, nil
}
