package op

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"holdfast"
	"holdfast/flow/authorize"
)

// serveAuthorize screens a request and hands the rest of it to the library.
// What is wrong with it is told by the library's redirect, once the client and
// its address are known to be good. It writes nothing until somebody who is
// signed in lets the application in.
func (p *Provider) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	switch {
	case len(r.URL.RawQuery) > maxRequest:
		p.problem(w, r, http.StatusRequestURITooLong, "invalid_request", "The application sent a request that is too long. Go back to it and start again.")
		return
	case err != nil || repeats(q):
		// RFC 6749 §3.1: parameters must not be included more than once.
		p.problem(w, r, http.StatusBadRequest, "invalid_request", "The application sent a request that cannot be read. Go back to it and start again.")
		return
	}
	c := &call{at: atAuthorize}
	if strings.HasPrefix(q.Get("request_uri"), requestURI) {
		held, k, err := p.readPushed(q)
		if err != nil {
			p.fault(w, r, err)
			return
		}
		c.asked, c.query = k.Asked, k.Query
		c.asked.ID = held.ID
	} else {
		out, refusal := p.screen(r.Context(), q, &c.asked)
		c.query, c.refusal = out.Encode(), refusal
		c.asked.ID = p.Flow.NewWaiting("", nil, authorize.RequestLife).ID
	}
	c.asked.Began = holdfast.Micros(p.Flow.Clock())
	p.answer(w, r, p.inner(r, c), c)
}

// serveResumed goes on with a request whose person comes back from the door, or
// has answered the question for consent.
func (p *Provider) serveResumed(w http.ResponseWriter, r *http.Request) {
	c := &call{at: atAuthorize, sealed: r.PathValue("id")}
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
		if err := r.ParseForm(); err != nil {
			p.problem(w, r, http.StatusBadRequest, "invalid_request", "The form could not be read. Go back and try again.")
			return
		}
		c.posted, c.decision = true, r.PostFormValue("decision")
	}
	held, err := p.Flow.Open(authorize.AtAuthorize, c.sealed)
	var k kept
	if err == nil {
		err = json.Unmarshal(held.Body, &k)
	}
	if err != nil {
		p.fault(w, r, err)
		return
	}
	c.asked, c.query = k.Asked, k.Query
	p.answer(w, r, p.inner(r, c), c)
}

// inner is the request as the library sees it: it begins anew at each visit,
// so that it has nothing to keep.
func (p *Provider) inner(r *http.Request, c *call) *http.Request {
	inner := r.Clone(r.Context())
	inner.Method = http.MethodGet
	inner.URL = &url.URL{Path: PathAuthorize, RawQuery: c.query}
	inner.RequestURI = inner.URL.RequestURI()
	inner.Body, inner.ContentLength = http.NoBody, 0
	return inner
}

// back seals c into the address at which its person comes back.
func (p *Provider) back(c *call) (string, error) {
	if c.sealed != "" {
		return PathAuthorize + "/" + c.sealed, nil
	}
	body, err := json.Marshal(kept{c.query, c.asked})
	if err != nil {
		return "", err
	}
	held := p.Flow.NewWaiting(c.app.ID, body, authorize.RequestLife)
	held.ID = c.asked.ID
	c.sealed, err = p.Flow.Seal(authorize.AtAuthorize, held)
	return PathAuthorize + "/" + c.sealed, err
}
