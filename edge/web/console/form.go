package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"holdfast"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// fieldOf says which input of a form an error is about, by its code.
type fieldOf map[string]string

// onForm gives err as a form shows it, and the status; ok is false where the
// form cannot mend it. What is about no input is about the whole form.
func (f fieldOf) onForm(err error) (shown page.Errors, status int, ok bool) {
	e, is := errors.AsType[*holdfast.Error](err)
	if !is {
		return nil, 0, false
	}
	switch e.Kind {
	case holdfast.Invalid:
		status = http.StatusUnprocessableEntity
	case holdfast.Conflict:
		status = http.StatusConflict
	default:
		return nil, 0, false
	}
	return page.Errors{f[e.Code]: e.Text}, status, true
}

// done goes to a page which then says what was done.
func (c *Console) done(w http.ResponseWriter, r *http.Request, text, to string) error {
	c.Visits.Flash(w, page.ToneGood, text)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// pressed ends the press of a button that has no input to show an error on:
// the page comes back and says what was done, or why not.
func (c *Console) pressed(w http.ResponseWriter, r *http.Request, err error, text, to string) error {
	switch holdfast.KindOf(err) {
	case holdfast.Conflict, holdfast.Invalid, holdfast.Expired:
		e, _ := errors.AsType[*holdfast.Error](err)
		c.Visits.Flash(w, page.ToneAlarm, e.Text)
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	return c.done(w, r, text, to)
}

// span reads which part of a list is asked for.
func span(r *http.Request) store.Span {
	q := r.URL.Query()
	return store.Span{After: cursor(q.Get("after")), Before: cursor(q.Get("before")), Limit: perPage}
}

// cursor is an id from an address; what cannot be one is none.
func cursor(text string) string {
	const longest = 2048 // a credential id of 1023 bytes, and more
	if len(text) > longest || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return ""
	}
	return text
}

// parts leads from a part of a list, whose first and last rows have these ids,
// to its neighbours.
func parts(r *http.Request, k store.Span, first, last string, shown int, more bool, total int64) page.Pager {
	query, cursors := r.URL.Query(), []string{"after", "before"}
	p := page.Pager{Shown: shown, Total: int(total)}
	if shown == 0 {
		return p
	}
	if k.Before != "" && more || k.Before == "" && k.After != "" {
		p.Prev = with(query, cursors, "before", first)
	}
	if k.Before != "" || more {
		p.Next = with(query, cursors, "after", last)
	}
	return p
}

// lastDay reads a date input as the last instant of that day, UTC, which shows
// as the same day again. Empty is no end.
func lastDay(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 1971 {
		return time.Time{}, holdfast.Errorf(holdfast.Invalid, "ends", "Write the day as 2027-12-31, or leave it empty.")
	}
	return day.AddDate(0, 0, 1).Add(-time.Second), nil
}

// search is what was typed to find somebody, bounded.
func search(r *http.Request) string {
	const longest = 254 // an e-mail address
	text := strings.TrimSpace(r.FormValue("q"))
	return strings.ToValidUTF8(strings.ReplaceAll(text[:min(len(text), longest)], "\x00", ""), "")
}

// within is the address of a list in the console with what was asked of it, as
// a form sends it back; anything else is the list itself.
func within(list, query string) string {
	q, err := url.ParseQuery(query)
	if err != nil || len(query) > 2000 || len(q) == 0 {
		return list
	}
	return list + "?" + q.Encode()
}

// with is an address with one query parameter set, or removed where value is empty.
func with(query url.Values, drop []string, name, value string) string {
	q := url.Values{}
	for k, v := range query {
		q[k] = v
	}
	for _, d := range drop {
		q.Del(d)
	}
	q.Set(name, value)
	return "?" + q.Encode()
}

// frame is the page frame.
func (c *Console) frame(w http.ResponseWriter, r *http.Request, v visit.Visit) page.Frame {
	return c.Visits.Frame(w, r, v)
}
