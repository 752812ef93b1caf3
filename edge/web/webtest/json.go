package webtest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
)

// JSON sends what a script of our own pages sends.
func (b *Browser) JSON(path, body string) Answer {
	r := httptest.NewRequest(http.MethodPost, Origin+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", Origin)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// Cookie sets a cookie of the browser, as if it had one from before.
func (b *Browser) Cookie(name, value string) { b.cookies[name] = value }

// Request is a request with the browser's cookies, for what only reads one.
func (b *Browser) Request() *http.Request {
	r := httptest.NewRequest(http.MethodGet, Origin+"/", nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

// PostJSON sends a form as a script of our own pages does that wants JSON back.
func (b *Browser) PostJSON(path string, fields ...string) Answer {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, Origin+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Origin", Origin)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}
