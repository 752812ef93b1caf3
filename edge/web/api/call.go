package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"holdfast"
	"holdfast/edge/web/bearer"
	"holdfast/edge/web/page"
)

type ctx = context.Context

// A call is one request by somebody who was let in.
type call struct {
	context.Context
	bearer.Caller
	request *http.Request
}

type requestKey struct{}

func callOf(c ctx) call {
	r, _ := c.Value(requestKey{}).(*http.Request)
	return call{c, bearer.Of(c), r}
}

// maxBody bounds a body: an application with a key set is some 10 kB.
const maxBody = 128 << 10

// before is what stands before every operation: a bounded body, no parameter
// twice, a note of what the host's administrator reads, and calls that come
// twice done once.
func (a *API) before(o operation, do http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.Headers(w.Header())
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, r))
		for name, values := range r.URL.Query() {
			if len(values) > 1 {
				a.refuse(w, r, holdfast.Errorf(holdfast.Invalid, "invalid_field", "The parameter %.40q is given twice: give it once.", name))
				return
			}
		}
		body, err := readBody(w, r, o.body)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if err := a.looked(r, o); err != nil {
			a.refuse(w, r, err)
			return
		}
		a.once(w, r, body, do)
	})
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if limit == 0 {
		limit = maxBody
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, holdfast.Errorf(holdfast.Invalid, "body_too_large", "The body is larger than %d bytes.", limit)
	}
	if err != nil {
		return nil, holdfast.Errorf(holdfast.Invalid, "body_broken", "The body broke off. Send the call again.").Because(err)
	}
	return body, nil
}

// looked records that the host's administrator reads: they see everybody's
// data, and no token of theirs says that they may. The pages behind the first
// are one look.
func (a *API) looked(r *http.Request, o operation) error {
	c := bearer.Of(r.Context())
	if o.nobodys || o.method != http.MethodGet || c.Actor.Kind != holdfast.ActorHost || r.URL.Query().Has("cursor") {
		return nil
	}
	return a.Govern.Looked(r.Context(), c.Actor, o.id)
}

func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	a.Visits.JSONError(w, r, err)
}
