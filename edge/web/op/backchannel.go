package op

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"holdfast"
	"holdfast/edge/outbox"
	"holdfast/edge/outward"
	"holdfast/flow/logout"
)

// logoutLife is how long a logout token is good: OpenID Connect Back-Channel
// Logout 1.0 §2.4 recommends at most two minutes.
const logoutLife = 2 * time.Minute

// logoutEvent is the member of events that makes a token a logout token.
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// LogoutSender sends logout tokens. It signs each when it is sent.
type LogoutSender struct {
	provider *Provider
	client   *http.Client
	clock    holdfast.Clock
}

var _ outbox.Sender = (*LogoutSender)(nil)

// LogoutSender makes the sender of what flow/logout puts into the outbox.
func (p *Provider) LogoutSender(client *http.Client, clock holdfast.Clock) *LogoutSender {
	return &LogoutSender{p, client, clock}
}

// Send posts one logout token (Back-Channel Logout 1.0 §2.5). What the receiver
// will not take however often is permanent: a refusal, a redirect, an address
// that must not be reached; and so is an address that the application no longer
// has.
func (s *LogoutSender) Send(ctx context.Context, target string, body []byte) error {
	var m logout.Message
	if err := json.Unmarshal(body, &m); err != nil {
		return outbox.Permanent(fmt.Errorf("read a logout message: %w", err))
	}
	app, err := s.provider.Flow.App(ctx, m.App)
	switch {
	case holdfast.KindOf(err) == holdfast.NotFound, err == nil && app.LogoutURI != target:
		return outbox.Permanent(fmt.Errorf("the application %s is no longer told at this address", m.App))
	case err != nil:
		return err
	}
	token, err := s.token(ctx, m)
	if err != nil {
		return err
	}
	form := url.Values{"logout_token": {token}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		return outbox.Permanent(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := s.client.Do(r)
	if err != nil {
		err = fmt.Errorf("tell %s of a logout: %w", app.Name, err)
		if errors.Is(err, outward.ErrForbidden) {
			err = outbox.Permanent(err)
		}
		return err
	}
	defer outward.Drain(res)
	return answered(res.StatusCode)
}

// answered reads the answer by Back-Channel Logout 1.0 §2.8.
func answered(status int) error {
	switch {
	case status == http.StatusOK || status == http.StatusNoContent:
		return nil
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500 && status != http.StatusNotImplemented:
		return fmt.Errorf("the application answered %d", status)
	}
	return outbox.Permanent(fmt.Errorf("the application answered %d", status))
}

// token signs a logout token (§2.4). It has no nonce: that would make it pass
// for an ID token.
func (s *LogoutSender) token(ctx context.Context, m logout.Message) (string, error) {
	now := s.clock()
	return s.provider.sign(ctx, "logout+jwt", map[string]any{
		"iss": s.provider.Issuer, "aud": string(m.App), "sub": string(m.Subject), "sid": string(m.Session),
		"iat": now.Unix(), "exp": now.Add(logoutLife).Unix(), "jti": rand.Text(),
		"events": map[string]any{logoutEvent: struct{}{}},
	})
}
