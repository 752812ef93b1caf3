// Package client is a person at a browser without the browser: cookies,
// redirects, the door's JSON calls answered by a softkey, and the code flow of
// an OpenID Connect application, for tests and benchmarks. It refuses to be
// clever: what the server says is returned as it is, a problem as an error,
// and nothing is tried twice.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"holdfast/test/softkey"
)

// maxAnswer bounds what is read of an answer; no page comes near it.
const maxAnswer = 8 << 20

// Client is one browser profile: its cookies and its authenticator. It may be
// used by one goroutine at a time.
type Client struct {
	Base *url.URL
	Key  *softkey.Authenticator
	HTTP *http.Client // follows no redirects: Client does, and can be asked to stop

	// Site is what Sec-Fetch-Site says: "same-origin"; a page of mallory's
	// has "cross-site". Empty: an old browser or a program, which sends none.
	Site string
	// Origin is sent with every POST; New sets it to that of Base.
	Origin string
}

// New makes a client for the server at base, such as "http://localhost:8080".
// Its key's Origin is set to base where it has none; nil: an honest new one.
func New(base string, key *softkey.Authenticator) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	origin := u.Scheme + "://" + u.Host
	if key == nil {
		key = softkey.New(softkey.Config{})
	}
	if key.Config.Origin == "" {
		key.Config.Origin = origin
	}
	return &Client{
		Base: u, Key: key, Site: "same-origin", Origin: origin,
		HTTP: &http.Client{
			Jar:           jar,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Problem is an RFC 9457 answer.
type Problem struct {
	Type, Title, Detail string
	Status              int
	Code, Step          string // ours
}

func (p *Problem) Error() string {
	s := fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail)
	if p.Step != "" {
		s += " (step " + p.Step + ")"
	}
	return s
}

// Page is an answer read to its end.
type Page struct {
	URL    *url.URL
	Status int
	Header http.Header
	Body   []byte
}

// Problem is what the page says went wrong, or nil.
func (p *Page) Problem() *Problem {
	if t, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); t != "application/problem+json" {
		return nil
	}
	problem := &Problem{Status: p.Status}
	if json.Unmarshal(p.Body, problem) != nil {
		problem.Detail = string(p.Body)
	}
	return problem
}

// URL resolves a path on the server, or takes an address as it is.
func (c *Client) URL(path string) string {
	u, err := c.Base.Parse(path)
	if err != nil {
		return path // the request will say what is wrong with it
	}
	return u.String()
}

// Do sends one request with what a browser adds, and reads the whole answer.
func (c *Client) Do(ctx context.Context, method, path, contentType string, body []byte) (*Page, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.URL(path), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if method == http.MethodGet {
		r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	}
	if c.Site != "" {
		r.Header.Set("Sec-Fetch-Site", c.Site)
	}
	if method != http.MethodGet && c.Origin != "" {
		r.Header.Set("Origin", c.Origin)
	}
	answer, err := c.HTTP.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	return &Page{answer.Request.URL, answer.StatusCode, answer.Header, b}, nil
}

// Get reads one page and follows nothing.
func (c *Client) Get(ctx context.Context, path string) (*Page, error) {
	return c.Do(ctx, http.MethodGet, path, "", nil)
}

// PostForm sends a form and follows nothing.
func (c *Client) PostForm(ctx context.Context, path string, form url.Values) (*Page, error) {
	return c.Do(ctx, http.MethodPost, path, "application/x-www-form-urlencoded", []byte(form.Encode()))
}

// PostJSON sends in as JSON and reads the answer into out; a problem is an error.
func (c *Client) PostJSON(ctx context.Context, path string, in, out any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	page, err := c.Do(ctx, http.MethodPost, path, "application/json", b)
	if err != nil {
		return err
	}
	if p := page.Problem(); p != nil {
		return p
	}
	if page.Status != http.StatusOK {
		return fmt.Errorf("POST %s: status %d: %.200s", path, page.Status, page.Body)
	}
	return json.Unmarshal(page.Body, out)
}

// Walk reads a page and follows redirects until one leads to an address that
// begins with stop, which is not visited (Page.Status is 0 then), or to a page.
func (c *Client) Walk(ctx context.Context, path, stop string) (*Page, error) {
	const most = 20
	for range most {
		page, err := c.Get(ctx, path)
		if err != nil {
			return nil, err
		}
		to := page.Header.Get("Location")
		if page.Status < 300 || page.Status > 399 || to == "" {
			return page, nil
		}
		next, err := page.URL.Parse(to)
		if err != nil {
			return nil, err
		}
		if path = next.String(); stop != "" && strings.HasPrefix(path, stop) {
			return &Page{URL: next, Header: http.Header{}}, nil
		}
	}
	return nil, fmt.Errorf("%s: more than %d redirects", path, most)
}

// Cookie is the value of a cookie that would be sent to the server, or "".
func (c *Client) Cookie(name string) string {
	for _, k := range c.HTTP.Jar.Cookies(c.Base) {
		if k.Name == name {
			return k.Value
		}
	}
	return ""
}
