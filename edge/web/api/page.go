package api

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"

	"holdfast"
	"holdfast/edge/store"
)

// Paging is how a list is read: a page at a time. Whatever is added or removed
// meanwhile, what stays is given once.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items at most."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"Where the list goes on: next of the page before. It is good for this list with these filters alone."`
}

// A List is one page.
type List[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"The cursor of the page behind this one; missing at the end."`
}

type listed[T any] struct {
	Link string `header:"Link" doc:"RFC 8288: the page behind this one, rel=next."`
	Body List[T]
}

// A pager reads one page of rows.
type pager[R, T any] struct {
	read func(after store.Cut, limit int) ([]R, error)
	cut  func(R) store.Cut
	view func([]R) ([]T, error)
}

// paged reads the page that the caller asks for.
func paged[R, T any](a *API, c call, p Paging, g pager[R, T]) (*listed[T], error) {
	after, err := a.opened(c, p.Cursor)
	if err != nil {
		return nil, err
	}
	rows, err := g.read(after, p.Limit+1)
	if err != nil {
		return nil, err
	}
	more := len(rows) > p.Limit
	if more {
		rows = rows[:p.Limit]
	}
	out := &listed[T]{}
	if out.Body.Items, err = g.view(rows); err != nil {
		return nil, err
	}
	if out.Body.Items == nil {
		out.Body.Items = []T{}
	}
	if more {
		next := a.sealed(c, g.cut(rows[len(rows)-1]))
		q := filters(c)
		q.Set("limit", strconv.Itoa(p.Limit))
		q.Set("cursor", next)
		out.Body.Next, out.Link = next, "<"+c.request.URL.EscapedPath()+"?"+q.Encode()+`>; rel="next"`
	}
	return out, nil
}

// filters are the parameters of a list beside those of its paging.
func filters(c call) url.Values {
	q := c.request.URL.Query()
	q.Del("limit")
	q.Del("cursor")
	return q
}

// A cursor holds names and addresses, and stands in logs of proxies: it is
// sealed, and bound to its list.
func (a *API) sealed(c call, cut store.Cut) string {
	text, err := json.Marshal(cut)
	if err != nil {
		panic("api: internal error: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(a.Sealer.Wrap(cursorName(c), text))
}

func (a *API) opened(c call, cursor string) (store.Cut, error) {
	var cut store.Cut
	if cursor == "" {
		return cut, nil
	}
	wrapped, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		var text []byte
		if text, err = a.Sealer.Unwrap(cursorName(c), wrapped); err == nil {
			err = json.Unmarshal(text, &cut)
		}
	}
	if err != nil {
		return cut, holdfast.Errorf(holdfast.Invalid, "cursor_unknown",
			"This cursor is not of this list with these filters. Begin without one.").Because(err)
	}
	return cut, nil
}

func cursorName(c call) string {
	return "cursor\x00" + c.request.URL.Path + "\x00" + filters(c).Encode()
}
