package demo

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// logoutEvent is what a logout token is about: OpenID Connect Back-Channel
// Logout 1.0 §2.4.
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// maxNotice bounds a sign-out notice, in bytes.
const maxNotice = 16 << 10

// backchannel hears from Holdfast that a session is over (§2.5). The person
// reads it the next time the application is opened.
func (a *app) backchannel(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store") // §2.8
	r.Body = http.MaxBytesReader(w, r.Body, maxNotice)
	sid, err := a.loggedOut(oidc.ClientContext(r.Context(), a.http), r.PostFormValue("logout_token"))
	if err != nil {
		a.Log.WarnContext(r.Context(), "demo application: sign-out notice", "err", err.Error())
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		w.Write([]byte(`{"error":"invalid_request","error_description":"This is no logout token for this application."}`))
		return
	}
	a.ended.add(sid, time.Now())
}

// loggedOut is the session that a logout token ends (§2.6).
func (a *app) loggedOut(ctx context.Context, token string) (sid string, err error) {
	issuer, _, err := a.discover(ctx)
	if err != nil {
		return "", err
	}
	t, err := issuer.Verifier(&oidc.Config{ClientID: a.ClientID}).Verify(ctx, token) // steps 2 to 4, and exp
	if err != nil {
		return "", err
	}
	var claims struct {
		Session string         `json:"sid"`
		Events  map[string]any `json:"events"`
		Nonce   *string        `json:"nonce"`
	}
	if err := t.Claims(&claims); err != nil {
		return "", err
	}
	if _, is := claims.Events[logoutEvent].(map[string]any); !is {
		return "", errors.New("it is not about a logout") // step 6; an ID token, perhaps
	}
	switch {
	case claims.Nonce != nil:
		return "", errors.New("a logout token has no nonce") // step 7
	case claims.Session == "":
		return "", errors.New("it names no session") // step 5
	}
	return claims.Session, nil
}

// endings are the sessions that are over, for as long as a cookie may say
// otherwise. Only Holdfast can add to them, so they stay few.
type endings struct {
	mu sync.Mutex
	at map[string]time.Time // covered by mu
}

func (e *endings) add(sid string, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.at == nil {
		e.at = map[string]time.Time{}
	}
	maps.DeleteFunc(e.at, func(_ string, at time.Time) bool { return now.Sub(at) > signedInLife })
	e.at[sid] = now
}

func (e *endings) has(sid string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, has := e.at[sid]
	return has
}
