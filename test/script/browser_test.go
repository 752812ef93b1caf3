package script

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"holdfast/test/client"
)

// opens PATH
func (p *person) opens(l line) error {
	page, err := p.browser.Get(p.ctx(), l.word(0))
	return p.seen(l, page, err)
}

// opens-with COOKIES PATH: a Cookie header as somebody wrote it.
func (p *person) opensWith(l line) error {
	r, err := http.NewRequestWithContext(p.ctx(), http.MethodGet, p.browser.URL(l.word(1)), nil)
	if err != nil {
		return err
	}
	r.Header.Set("Cookie", l.word(0))
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	return p.seen(l, &client.Page{URL: r.URL, Status: answer.StatusCode, Header: answer.Header, Body: body}, err)
}

// posts PATH [name=value…] sends a form.
func (p *person) posts(l line) error {
	form := url.Values{}
	for name, value := range l.named() {
		form.Set(name, value)
	}
	page, err := p.browser.PostForm(p.ctx(), l.word(0), form)
	return p.seen(l, page, err)
}

// sends PATH TYPE BODY sends a body as it is written.
func (p *person) sends(l line) error {
	page, err := p.browser.Do(p.ctx(), http.MethodPost, l.word(0), l.word(1), []byte(l.word(2)))
	return p.seen(l, page, err)
}

var problemCode = regexp.MustCompile(`<dt>Code</dt><dd><code>([^<]*)</code>`)

// seen prints an answer: status, where it leads, cookies, body. A status of
// the 4xx kind, or being sent to sign in, is a refusal.
func (p *person) seen(l line, page *client.Page, err error) error {
	if err != nil {
		return err
	}
	to := page.Header.Get("Location")
	l.say("%d %s", page.Status, to)
	for _, c := range page.Header.Values("Set-Cookie") {
		l.say("Set-Cookie: %s", c)
	}
	l.say("%s", page.Body)
	if problem := page.Problem(); problem != nil {
		return problem
	}
	if page.Status >= 400 {
		problem := &client.Problem{Status: page.Status}
		if m := problemCode.FindSubmatch(page.Body); m != nil {
			problem.Code = string(m[1])
		}
		return problem
	}
	if page.Status == http.StatusSeeOther && strings.HasPrefix(to, "/signin") {
		return &client.Problem{Status: http.StatusUnauthorized, Code: "to-the-door", Detail: to}
	}
	return nil
}

// browses-from same-origin|cross-site|… [ORIGIN]: what the browser says of the
// page that sends the next requests; "-" is nothing.
func (p *person) browsesFrom(l line) error {
	p.browser.Site, p.browser.Origin = l.word(0), l.word(1)
	if p.browser.Site == "-" {
		p.browser.Site = ""
	}
	return nil
}

// cookie is the session's on plain http.
const cookie = "holdfast"

func (p *person) showsCookie(l line) error {
	value := p.browser.Cookie(cookie)
	if name := l.word(0); name != "" {
		l.ts.Setenv(name, value)
	}
	l.say("%s", value)
	return nil
}

// plants-cookie VALUE [NAME]: in NAME's browser, as a page on a neighbouring
// port or somebody at the machine could.
func (p *person) plantsCookie(l line) error {
	victim, err := p.other(line{l.ts, l.words[min(1, len(l.words)):]})
	if err != nil {
		return err
	}
	victim.browser.HTTP.Jar.SetCookies(victim.browser.Base, []*http.Cookie{{Name: cookie, Value: l.word(0), Path: "/"}})
	return nil
}

// new-browser: another browser with the same authenticator.
func (p *person) newBrowser(line) error {
	c, err := client.New(p.stage.world.Base, p.browser.Key)
	if err == nil {
		p.browser = c
	}
	return err
}
