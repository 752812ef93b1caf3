package script

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"holdfast/test/client"
)

// person is somebody at a browser. They remember the ceremony that they began
// last and the answer that they sent last, so that somebody else can take it.
type person struct {
	name    string
	stage   *stage
	browser *client.Client

	begun client.Begun
	kind  string // signin or enrol
	sent  []byte // the body of the finish
}

func (p *person) ctx() context.Context { return p.stage.t.Context() }

// does is one line of a person's.
func (p *person) does(l line) error {
	verb, l := l.verb()
	do, ok := map[string]func(line) error{
		// Ceremonies, whole and in parts.
		"enrols": p.enrols, "signs-in": p.signsIn, "confirms": p.confirms,
		"begins": p.begins, "finishes": p.finishes, "replays": p.replays, "splices": p.splices, "races": p.races, "rush": p.rush,
		"is-offered": p.isOffered,
		// The browser.
		"opens": p.opens, "opens-with": p.opensWith, "posts": p.posts, "sends": p.sends, "browses-from": p.browsesFrom,
		"shows-cookie": p.showsCookie, "plants-cookie": p.plantsCookie, "new-browser": p.newBrowser,
		// The authenticator.
		"key": p.key, "forges-id-of": p.forgesID, "borrows-handle-of": p.borrowsHandle, "shows-id": p.showsID,
		// Others.
		"invites": p.invites, "authorizes": p.authorizes, "asks": p.asks,
	}[verb]
	if !ok {
		return fmt.Errorf("%s: there is no verb %q", p.name, verb)
	}
	return do(l)
}

// enrols TICKET, or enrols: another passkey by the session. The set-up ticket
// takes organisation=, name= and email= behind it.
func (p *person) enrols(l line) error {
	if err := p.beginEnrol(l); err != nil {
		return err
	}
	return p.finishes(line{ts: l.ts})
}

// signs-in [name=ADDRESS] [return=PATH]
func (p *person) signsIn(l line) error {
	if err := p.begins(line{l.ts, append([]string{"signin"}, l.words...)}); err != nil {
		return err
	}
	return p.finishes(line{ts: l.ts})
}

// unescape lets a plot write \n and \x00.
func unescape(s string) (string, error) { return strconv.Unquote(`"` + s + `"`) }

// confirms is a step-up: whoever is signed in shows again that it is they.
func (p *person) confirms(l line) error {
	if err := p.begins(line{l.ts, []string{"confirm"}}); err != nil {
		return err
	}
	return p.finishes(line{ts: l.ts})
}

// begins signin|confirm|enrol …
func (p *person) begins(l line) (err error) {
	kind, rest := l.verb()
	switch kind {
	case "signin":
		named := l.named()
		back, err := unescape(named["return"])
		if err != nil {
			return err
		}
		if p.begun, err = p.browser.BeginSignIn(p.ctx(), named["name"], back); err != nil {
			return err
		}
		p.kind = "signin"
	case "confirm":
		p.begun, err = p.browser.BeginConfirm(p.ctx())
		p.kind = "signin"
	case "enrol":
		return p.beginEnrol(rest)
	default:
		err = fmt.Errorf("nobody begins %q", kind)
	}
	l.say("%s", p.begun.PublicKey)
	return err
}

func (p *person) beginEnrol(l line) (err error) {
	named, ticket := l.named(), l.word(0)
	if named["email"] != "" {
		p.begun, err = p.browser.BeginSetUp(p.ctx(), ticket, client.Founding{
			Organisation: named["organisation"], Name: named["name"], Email: named["email"]})
	} else {
		p.begun, err = p.browser.BeginEnrol(p.ctx(), ticket)
	}
	p.kind = "enrol"
	return err
}

// finishes, or finishes NAME: answers the ceremony that NAME began, with one's
// own passkey and in one's own browser.
func (p *person) finishes(l line) error {
	from, err := p.other(l)
	if err != nil {
		return err
	}
	if p.sent, err = p.answer(from); err != nil {
		return err
	}
	p.kind = from.kind
	return p.post(l, p.kind, p.sent)
}

// answer is the body that finishes what from began.
func (p *person) answer(from *person) ([]byte, error) {
	create := p.browser.Key.Get
	if from.kind == "enrol" {
		create = p.browser.Key.Create
	}
	credential, err := create(from.begun.PublicKey)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"id": from.begun.ID, "credential": json.RawMessage(credential)})
}

func (p *person) post(l line, kind string, body []byte) error {
	page, err := p.browser.Do(p.ctx(), http.MethodPost, "/door/"+kind+"/finish", "application/json", body)
	return p.seen(l, page, err)
}

// replays [NAME] sends the last answer, one's own or NAME's, once more.
func (p *person) replays(l line) error {
	from, err := p.other(l)
	if err != nil {
		return err
	}
	return p.post(l, from.kind, from.sent)
}

// splices [NAME] sends the last answer, one's own or NAME's, as the end of what
// one began since.
func (p *person) splices(l line) error {
	from, err := p.other(l)
	if err != nil {
		return err
	}
	var old struct{ Credential json.RawMessage }
	if err := json.Unmarshal(from.sent, &old); err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"id": p.begun.ID, "credential": old.Credential})
	if err != nil {
		return err
	}
	return p.post(l, p.kind, body)
}

// races N sends one answer to what was begun N times at once, each from
// a browser of its own, and says how many of each status came back.
func (p *person) races(l line) error {
	n, err := strconv.Atoi(l.word(0))
	if err != nil {
		return err
	}
	body, err := p.answer(p)
	if err != nil {
		return err
	}
	l.say("%s", p.atOnce(n, func(int) (*client.Client, []byte) { return p.stage.world.Browser(p.stage.t), body }))
	return nil
}

// atOnce has n browsers each send a finish, and counts the answers.
func (p *person) atOnce(n int, each func(int) (*client.Client, []byte)) string {
	results := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		c, body := each(i)
		wg.Go(func() {
			page, err := c.Do(p.ctx(), http.MethodPost, "/door/"+p.kind+"/finish", "application/json", body)
			switch {
			case err != nil:
				results[i] = err.Error()
			case page.Problem() != nil:
				results[i] = fmt.Sprintf("%d %s", page.Status, page.Problem().Code)
			default:
				results[i] = fmt.Sprintf("%d, with a cookie: %t", page.Status, c.Cookie(cookie) != "")
			}
		})
	}
	wg.Wait()
	return tally(results)
}

// rush TICKET N: N browsers begin with one ticket, then all finish at once,
// each with an authenticator of its own.
func (p *person) rush(l line) error {
	n, err := strconv.Atoi(l.word(1))
	if err != nil {
		return err
	}
	crowd, bodies := make([]*person, n), make([][]byte, n)
	for i := range n {
		one := &person{name: p.name, stage: p.stage, browser: p.stage.world.Browser(p.stage.t)}
		if err := one.beginEnrol(line{l.ts, l.words[:1]}); err != nil {
			return err
		}
		if bodies[i], err = one.answer(one); err != nil {
			return err
		}
		crowd[i] = one
	}
	p.kind = "enrol"
	l.say("%s", p.atOnce(n, func(i int) (*client.Client, []byte) { return crowd[i].browser, bodies[i] }))
	return nil
}

// tally counts equal lines.
func tally(lines []string) string {
	slices.Sort(lines)
	var out []string
	for len(lines) > 0 {
		n := 0
		for n < len(lines) && lines[n] == lines[0] {
			n++
		}
		out, lines = append(out, fmt.Sprintf("%d× %s", n, lines[0])), lines[n:]
	}
	return strings.Join(out, "\n")
}

// is-offered prints of what was begun which credentials are allowed: their
// number, and the length and transports of each.
func (p *person) isOffered(l line) error {
	var o struct {
		AllowCredentials []struct {
			ID         string
			Transports []string
		}
	}
	if err := json.Unmarshal(p.begun.PublicKey, &o); err != nil {
		return err
	}
	if l.word(0) == "ids" {
		for _, c := range o.AllowCredentials {
			l.say("%s", c.ID)
		}
		return nil
	}
	l.say("%d credentials, ceremony id of %d", len(o.AllowCredentials), len(p.begun.ID))
	for _, c := range o.AllowCredentials {
		l.say("%d %v", len(c.ID), c.Transports)
	}
	return nil
}

func (p *person) other(l line) (*person, error) {
	if l.word(0) == "" {
		return p, nil
	}
	if other := p.stage.people[l.word(0)]; other != nil {
		return other, nil
	}
	return nil, fmt.Errorf("nobody is called %q", l.word(0))
}

var invitationLink = regexp.MustCompile(`/enrol#([A-Za-z0-9_-]+)`)

// invites VARIABLE NAME ADDRESS: in the console. The ticket goes into VARIABLE.
func (p *person) invites(l line) error {
	page, err := p.browser.PostForm(p.ctx(), "/console/people", url.Values{"name": {l.word(1)}, "email": {l.word(2)}})
	if err = p.seen(l, page, err); err != nil {
		return err
	}
	m := invitationLink.FindSubmatch(page.Body)
	if m == nil {
		return errors.New("the page shows no link")
	}
	l.ts.Setenv(l.word(0), string(m[1]))
	return nil
}

// authorizes APP [name=value…]: opens the application and goes on until its
// callback, signing in where that is asked for. The names are parameters.
func (p *person) authorizes(l line) error {
	app := p.stage.apps[l.word(0)]
	if app == nil {
		return fmt.Errorf("no application is called %q", l.word(0))
	}
	return app.authorize(l, p)
}

// asks APP name=value…: sends one authorization request of APP with these
// parameters instead of its own, and goes nowhere. Being sent back with an
// error is a refusal.
func (p *person) asks(l line) error {
	app := p.stage.apps[l.word(0)]
	if app == nil {
		return fmt.Errorf("no application is called %q", l.word(0))
	}
	u, err := url.Parse(app.app.Authorization().URL)
	if err != nil {
		return err
	}
	q := u.Query()
	for name, value := range l.named() {
		q.Set(name, value)
	}
	u.RawQuery = q.Encode()
	page, err := p.browser.Get(p.ctx(), u.String())
	if err = p.seen(l, page, err); err != nil {
		return err
	}
	to, err := url.Parse(page.Header.Get("Location"))
	if err != nil {
		return err
	}
	if code := to.Query().Get("error") + fragment(to).Get("error"); code != "" {
		return &client.Problem{Status: http.StatusBadRequest, Code: code, Detail: to.String()}
	}
	return nil
}

// fragment is what a response of the implicit kind would carry.
func fragment(u *url.URL) url.Values {
	v, err := url.ParseQuery(u.Fragment)
	if err != nil {
		return url.Values{}
	}
	return v
}
