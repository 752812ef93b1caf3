package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/edge/web/api"
	"holdfast/edge/web/visit"
)

// client calls the administration API: that of a server somewhere, with a
// token, or over the host's socket, or in this very process.
type client struct {
	http.RoundTripper
	base   string
	token  string // of a remote server
	remote bool
}

// request is one call. A body that is an io.Reader is sent as it is.
type request struct {
	method, path string // path below /api/v1, escaped
	query        url.Values
	body         any
	kind         string // Content-Type of a reader
}

// escaped makes a path of parts, of which every second one comes from outside.
func escaped(parts ...string) string {
	var b strings.Builder
	for i, p := range parts {
		if i%2 == 1 {
			p = url.PathEscape(p)
		}
		b.WriteString("/" + p)
	}
	return b.String()
}

// remoteClient is for a server elsewhere.
func remoteClient(server, tokenFile string) (client, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return client{}, fmt.Errorf("%q is no address of a server: write https://id.example.org", server)
	}
	if u.Scheme == "http" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" && u.Hostname() != "::1" {
		return client{}, fmt.Errorf("%s is not https: a token that is sent there can be read on the way", server)
	}
	token, err := readToken(tokenFile)
	if err != nil {
		return client{}, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = answerIn
	return client{transport, strings.TrimSuffix(u.Scheme+"://"+u.Host, "/"), token, true}, nil
}

// answerIn is beyond what the server takes for any call.
const answerIn = 2 * time.Minute

func readToken(path string) (string, error) {
	if path == "" {
		return "", errors.New("an API token is needed: put it into a file and name that with --token-file or HOLDFAST_TOKEN_FILE")
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	if info.Mode().Perm()&0o007 != 0 {
		return "", fmt.Errorf("the token in %s can be read by everybody (mode %04o): run chmod 600 on it", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if !strings.HasPrefix(token, apitoken.Prefix) || strings.ContainsAny(token, " \r\n\t") {
		return "", fmt.Errorf("%s holds no API token: it is one line that begins with %s", path, apitoken.Prefix)
	}
	return token, nil
}

// do makes one call and gives the answer's body; nothing where there is none.
func (c client) do(ctx context.Context, q request) (json.RawMessage, error) {
	body, kind, err := q.content()
	if err != nil {
		return nil, err
	}
	key := ""
	if c.remote && q.method != http.MethodGet {
		key = holdfast.NewSecret() // an answer that is lost on the way can be asked for again
	}
	for try := 0; ; try++ {
		out, err := c.once(ctx, q, body, kind, key)
		var lost *lostAnswer
		if !errors.As(err, &lost) || key == "" || try == retries || ctx.Err() != nil {
			return out, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(try+1) * time.Second):
		}
	}
}

const retries = 3

// lostAnswer is a call of which it is not known whether it was done.
type lostAnswer struct{ error }

func (q request) content() (body []byte, kind string, err error) {
	switch b := q.body.(type) {
	case nil:
		return nil, "", nil
	case io.Reader:
		body, err = io.ReadAll(b)
		return body, q.kind, err
	default:
		body, err = json.Marshal(b)
		return body, "application/json", err
	}
}

func (c client) once(ctx context.Context, q request, body []byte, kind, key string) (json.RawMessage, error) {
	target := c.base + api.Prefix + q.path
	if len(q.query) > 0 {
		target += "?" + q.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, q.method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"Content-Type": kind, "Idempotency-Key": key} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.RoundTrip(req)
	if err != nil {
		return nil, &lostAnswer{err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, &lostAnswer{err}
	}
	if resp.StatusCode >= 300 {
		return nil, refusal(resp, text)
	}
	return text, nil
}

// refused is a problem, as the API says it.
type refused struct{ visit.Problem }

func (r *refused) Error() string { return fmt.Sprintf("%s (%s)", r.Detail, r.Code) }

func refusal(resp *http.Response, text []byte) error {
	var p visit.Problem
	if err := json.Unmarshal(text, &p); err != nil || p.Detail == "" {
		return fmt.Errorf("the server answered %s: is it a Holdfast?", resp.Status)
	}
	if resp.StatusCode == http.StatusServiceUnavailable || p.Code == "idempotency_key_in_use" {
		return &lostAnswer{&refused{p}}
	}
	return &refused{p}
}

func (l *lostAnswer) Unwrap() error { return l.error }

// all follows the pages of a list, as far as most items; 0 is all.
func (c client) all(ctx context.Context, q request, most int) ([]json.RawMessage, error) {
	items := []json.RawMessage{}
	if q.query == nil {
		q.query = url.Values{}
	}
	for {
		size := 200
		if most > 0 {
			size = min(size, most-len(items))
		}
		q.query.Set("limit", fmt.Sprint(size))
		text, err := c.do(ctx, q)
		if err != nil {
			return nil, err
		}
		var page api.List[json.RawMessage]
		if err := json.Unmarshal(text, &page); err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if page.Next == "" || most > 0 && len(items) >= most {
			return items, nil
		}
		q.query.Set("cursor", page.Next)
	}
}

// errHostOnly is for what no token opens.
var errHostOnly = errors.New("this is done on the host itself: run it there, without --url and HOLDFAST_URL")

// call does what is for the host alone.
func (c client) call(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := c.open(ctx, path, body)
	if err != nil {
		return err
	}
	defer r.Close()
	return json.NewDecoder(r).Decode(out)
}

// open gives the answer of such a call as it comes.
func (c client) open(ctx context.Context, path string, body []byte) (io.ReadCloser, error) {
	if c.remote {
		return nil, errHostOnly
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := c.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	return nil, refusal(resp, text)
}
