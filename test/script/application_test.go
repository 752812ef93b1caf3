package script

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/oauth2"

	"holdfast/test/client"
)

// application is an OpenID Connect application: the code that came back, and
// the tokens that it has had, the oldest first.
type application struct {
	name  string
	stage *stage
	app   *client.App
	asked client.Authorization
	back  *url.URL
	held  []*oauth2.Token
}

func (a *application) ctx() context.Context { return a.stage.t.Context() }

// does is one line of an application's.
func (a *application) does(l line) error {
	verb, l := l.verb()
	do, ok := map[string]func(line) error{
		"registers": a.registers, "redeems": a.redeems, "races": a.races, "refreshes": a.refreshes,
		"races-refreshes": a.racesRefreshes,
		"introspects":     a.introspects, "reads-user-info": a.readsUserInfo, "revokes": a.revokes,
	}[verb]
	if !ok {
		return fmt.Errorf("%s: there is no verb %q", a.name, verb)
	}
	return do(l)
}

// callback is an address that nobody visits.
func (a *application) callback() string { return "https://" + a.name + ".example.org/callback" }

func (a *application) registers(line) error {
	a.app = a.stage.world.App(a.stage.t, a.name, a.callback())
	a.app.OAuth.Scopes = append(a.app.OAuth.Scopes, "offline_access")
	return nil
}

// authorize walks p to the callback.
func (a *application) authorize(l line, p *person) error {
	var more []oauth2.AuthCodeOption
	for name, value := range l.named() {
		more = append(more, oauth2.SetAuthURLParam(name, value))
	}
	a.asked = a.app.Authorization(more...)
	back, err := p.browser.Authorize(a.ctx(), a.asked, a.callback())
	if err != nil {
		return err
	}
	a.back = back
	l.say("%s", back)
	return nil
}

// oauthError is a refusal of the token endpoint or its neighbours.
type oauthError struct {
	status int
	code   string
}

func (e *oauthError) Error() string { return fmt.Sprintf("%d %s", e.status, e.code) }

// asRefusal turns what x/oauth2 says into a refusal. Reuse ends a family, so
// these refusals may change something.
func asRefusal(err error) error {
	if r, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return fmt.Errorf("%w: %w", errMayChange, &oauthError{r.Response.StatusCode, r.ErrorCode})
	}
	return err
}

// redeems, or redeems NAME: the code that came back to NAME.
func (a *application) redeems(l line) error {
	from := a
	if name := l.word(0); name != "" {
		if from = a.stage.apps[name]; from == nil {
			return fmt.Errorf("no application is called %q", name)
		}
	}
	tokens, err := a.app.Redeem(a.ctx(), from.asked, from.back)
	if err != nil {
		return asRefusal(err)
	}
	a.held = append(a.held, tokens.Token)
	claims, err := json.Marshal(tokens.Claims)
	l.say("%s", claims)
	return err
}

// races N: N redeem the one code at once. It says how many of each answer
// came, and keeps the tokens of who won.
func (a *application) races(l line) error {
	return a.race(l, func() (*oauth2.Token, error) {
		t, err := a.app.Redeem(a.ctx(), a.asked, a.back)
		if err != nil {
			return nil, err
		}
		return t.Token, nil
	})
}

// races-refreshes N: N use the newest refresh token at once.
func (a *application) racesRefreshes(l line) error {
	newest := a.held[len(a.held)-1]
	return a.race(l, func() (*oauth2.Token, error) { return a.refresh(newest) })
}

func (a *application) race(l line, do func() (*oauth2.Token, error)) error {
	n, err := strconv.Atoi(l.word(0))
	if err != nil {
		return err
	}
	results, tokens := make([]string, n), make([]*oauth2.Token, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			t, err := do()
			if tokens[i], results[i] = t, "won"; err != nil {
				results[i] = err.Error()
				if r, ok := errors.AsType[*oauthError](asRefusal(err)); ok {
					results[i] = r.Error()
				}
			}
		})
	}
	wg.Wait()
	for _, t := range tokens {
		if t != nil {
			a.held = append(a.held, t)
		}
	}
	l.say("%s", tally(results))
	return nil
}

// token is "first" or "newest" of those held.
func (a *application) token(which string) (*oauth2.Token, error) {
	switch {
	case len(a.held) == 0:
		return nil, errors.New("no token is held")
	case which == "first":
		return a.held[0], nil
	case which == "newest":
		return a.held[len(a.held)-1], nil
	}
	return nil, fmt.Errorf("which token is %q?", which)
}

// refreshes first|newest
func (a *application) refreshes(l line) error {
	old, err := a.token(l.word(0))
	if err != nil {
		return err
	}
	t, err := a.refresh(old)
	if err != nil {
		return asRefusal(err)
	}
	a.held = append(a.held, t)
	return nil
}

func (a *application) refresh(old *oauth2.Token) (*oauth2.Token, error) {
	return a.app.OAuth.TokenSource(a.ctx(), &oauth2.Token{RefreshToken: old.RefreshToken}).Token()
}

// introspects access|refresh first|newest
func (a *application) introspects(l line) error { return a.call(l, "/introspect") }

// revokes access|refresh first|newest
func (a *application) revokes(l line) error { return a.call(l, "/revoke") }

func (a *application) call(l line, path string) error {
	t, err := a.token(l.word(1))
	if err != nil {
		return err
	}
	value := map[string]string{"access": t.AccessToken, "refresh": t.RefreshToken}[l.word(0)]
	body := strings.NewReader(url.Values{"token": {value}}.Encode())
	r, err := http.NewRequestWithContext(a.ctx(), http.MethodPost, a.stage.world.Base+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(a.app.OAuth.ClientID, a.app.OAuth.ClientSecret)
	return a.answer(l, r)
}

// reads-user-info first|newest
func (a *application) readsUserInfo(l line) error {
	t, err := a.token(l.word(0))
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(a.ctx(), http.MethodGet, a.stage.world.Base+"/userinfo", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+t.AccessToken)
	return a.answer(l, r)
}

func (a *application) answer(l line, r *http.Request) error {
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return err
	}
	l.say("%d %s", answer.StatusCode, body)
	if answer.StatusCode >= 400 {
		var e struct{ Error string }
		json.Unmarshal(body, &e) // no JSON: then without a code
		return &oauthError{answer.StatusCode, e.Error}
	}
	return nil
}
