package forward

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"time"

	"holdfast"
	"holdfast/domain/grant"
)

// mostAsked is how long a state may be that /authorize takes.
const mostAsked = 2 << 10

// SignInLife is how long a sign-in may take, as long as flow/authorize gives
// an application's request.
const SignInLife = 30 * time.Minute

// margin is how long a spent code is remembered beyond its life.
const margin = time.Hour

// Asked is what goes to /authorize.
type Asked struct {
	State     string
	Challenge string // PKCE, S256
}

// Begin begins a sign-in to app at origin, for the browser that holds a secret
// of its own, and remembers where to go afterwards. It writes nothing: state
// is sealed, and the PKCE verifier follows from it and the browser's secret,
// so several tabs may begin at once and each can finish.
func (f *Flow) Begin(app grant.App, origin, back, browser string) Asked {
	s := state{App: app.ID, Origin: origin, Back: back, Browser: holdfast.HashSecret(browser), Salt: make([]byte, 16),
		Until: f.Clock().Add(SignInLife)}
	rand.Read(s.Salt)
	sealed := f.sealer.seal(s)
	if len(sealed) > mostAsked {
		s.Back = "/" // a person who comes to the front page finds their way; a refused state has no way out
		sealed = f.sealer.seal(s)
	}
	sum := sha256.Sum256([]byte(f.sealer.verifier(s, browser)))
	return Asked{State: sealed, Challenge: base64.RawURLEncoding.EncodeToString(sum[:])}
}

// Begun is a sign-in that this browser began.
type Begun struct {
	App      holdfast.AppID
	Back     string // local path at the origin
	origin   string
	verifier string
}

var errState = holdfast.Errorf(holdfast.Invalid, "forward_state",
	"This sign-in was not begun in this browser, or took too long. Open the application's address again.")

// Open reads the state that came back to origin. One that another browser
// began is refused: its owner would be signed in here as somebody else (login
// CSRF).
func (f *Flow) Open(origin, sealed, browser string) (Begun, error) {
	s, ok := f.sealer.open(sealed)
	if !ok || !f.Clock().Before(s.Until) || s.Origin != origin || browser == "" ||
		subtle.ConstantTimeCompare([]byte(s.Browser), []byte(holdfast.HashSecret(browser))) != 1 {
		return Begun{}, errState
	}
	return Begun{s.App, s.Back, origin, f.sealer.verifier(s, browser)}, nil
}

var errCode = holdfast.Errorf(holdfast.Expired, "forward_code",
	"This sign-in was used already, or took too long. Open the application's address again.")

// Finish turns the code of a sign-in into a secret for the browser, once. A
// code that comes again ends what it gave before (RFC 6749 §4.1.2).
func (f *Flow) Finish(ctx context.Context, b Begun, code string) (secret string, err error) {
	secret = holdfast.NewSecret()
	var refused error
	err = f.Store.InTx(ctx, func(tx Tx) error {
		refused = nil
		now := f.Clock()
		t, g, err := f.coded(ctx, tx, b, code)
		if err != nil {
			return err
		}
		won, err := tx.Spend(ctx, grant.CodeSpace, t.ID, t.Expires.Add(margin))
		if err != nil {
			return err
		}
		if !won || t.Status != grant.Active {
			refused = errCode
			if _, events := grant.End(g, grant.EndedCodeReuse, now); len(events) > 0 {
				return tx.Record(ctx, byPerson(g, now), events...)
			}
			return nil
		}
		until, err := f.until(ctx, tx, g, now)
		if err != nil {
			return err
		}
		_, events, err := grant.RedeemForward(g, t, holdfast.HashSecret(secret), until, now)
		if err != nil {
			return errCode.Because(err)
		}
		return tx.Record(ctx, byPerson(g, now), events...)
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return "", err
	}
	return secret, nil
}

// coded reads a code and its grant, which must be what b began.
func (f *Flow) coded(ctx context.Context, tx Tx, b Begun, code string) (grant.Token, grant.Grant, error) {
	t, err := tx.Token(ctx, holdfast.HashSecret(code))
	if holdfast.KindOf(err) == holdfast.NotFound {
		return t, grant.Grant{}, errCode
	}
	if err != nil {
		return t, grant.Grant{}, err
	}
	g, err := tx.Grant(ctx, t.Grant)
	if err != nil {
		return t, g, err
	}
	// RFC 7636 §4.6. A code of another sign-in, or of another person's browser,
	// was asked for with another challenge.
	sum := sha256.Sum256([]byte(b.verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	if t.Kind != grant.Code || g.App != b.App || g.RedirectURI != b.origin+grant.ForwardCallback ||
		subtle.ConstantTimeCompare([]byte(challenge), []byte(g.CodeChallenge)) != 1 {
		return t, g, errCode
	}
	return t, g, nil
}

// until is how long the browser's secret may be good: as long as the session,
// which must be there, as the person and the application must.
func (f *Flow) until(ctx context.Context, tx Tx, g grant.Grant, now time.Time) (time.Time, error) {
	app, err := tx.App(ctx, g.App)
	if err != nil {
		return time.Time{}, err
	}
	who, err := tx.Person(ctx, g.Person)
	if err != nil {
		return time.Time{}, err
	}
	s, err := tx.Session(ctx, g.Session)
	if err != nil {
		return time.Time{}, err
	}
	if !app.Live() || !who.MaySignIn(now) || !s.Ended.IsZero() || !now.Before(s.Expires) {
		return time.Time{}, errCode
	}
	return s.Expires, nil
}

// state is what goes through /authorize and back.
type state struct {
	App     holdfast.AppID `json:"a"`
	Origin  string         `json:"o"`
	Back    string         `json:"r"`
	Browser string         `json:"b"` // hash of the browser's secret
	Salt    []byte         `json:"s"`
	Until   time.Time      `json:"u"`
}

// maxState bounds what open looks at: Back is at most 2 kB.
const maxState = 8 << 10

type sealer struct {
	aead cipher.AEAD
	mac  []byte
}

func newSealer(key []byte) (sealer, error) {
	derive := func(label string) []byte {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(label))
		return m.Sum(nil)
	}
	block, err := aes.NewCipher(derive("forward state"))
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{aead, derive("forward verifier")}, err
}

func (s sealer) seal(st state) string {
	text, err := json.Marshal(st)
	if err != nil {
		panic("forward: internal error: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, text, nil))
}

func (s sealer) open(sealed string) (st state, ok bool) {
	if len(sealed) > maxState {
		return st, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return st, false
	}
	text, err := s.aead.Open(nil, nil, raw, nil)
	return st, err == nil && json.Unmarshal(text, &st) == nil
}

// verifier is 43 characters of base64url (RFC 7636 §4.1), unknown to who has
// not both the browser's secret and our key.
func (s sealer) verifier(st state, browser string) string {
	m := hmac.New(sha256.New, s.mac)
	m.Write(st.Salt)
	m.Write([]byte(browser))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
