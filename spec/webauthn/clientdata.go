package webauthn

import (
	"bytes"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"holdfast/spec/ijson"
)

const (
	// maxClientData: a challenge, two origins and room for what browsers may
	// add; the largest seen has under 1 KiB.
	maxClientData = 8 << 10
	// maxClientDataDepth: only tokenBinding is nested, once.
	maxClientDataDepth = 8
)

// clientData is CollectedClientData (L3 §5.8.1).
type clientData struct {
	typ, challenge, origin string
	crossOrigin            bool
	topOrigin              string
	hasTopOrigin           bool
}

// decodeUTF8 is the UTF-8 decode of the Encoding standard, which strips one
// byte order mark; but where that would put U+FFFD, this refuses.
func decodeUTF8(b []byte) ([]byte, error) {
	b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	if !utf8.Valid(b) {
		return nil, errors.New("clientDataJSON is not UTF-8")
	}
	return b, nil
}

// parseClientData reads JSONtext. DIVERGES: L3 leaves the parser to us, and
// asks for one that could be fooled with duplicate names or names in another
// case; ours takes I-JSON. tokenBinding and unknown members are ignored.
func parseClientData(text []byte) (c clientData, err error) {
	v, err := ijson.Parse(text, ijson.Limits{Bytes: maxClientData, Depth: maxClientDataDepth})
	if err != nil {
		return c, err
	}
	if v.Kind() != ijson.Object {
		return c, errors.New("clientDataJSON is no JSON object")
	}
	for _, m := range []struct {
		name string
		into *string
	}{{"type", &c.typ}, {"challenge", &c.challenge}, {"origin", &c.origin}} {
		if *m.into = v.Get(m.name).Text(); v.Get(m.name).Kind() != ijson.String {
			return c, fmt.Errorf("clientDataJSON: %s is %s, not a string", m.name, v.Get(m.name).Kind())
		}
	}
	switch cross := v.Get("crossOrigin").Kind(); cross {
	case ijson.True:
		c.crossOrigin = true
	case ijson.False, ijson.Missing:
	default:
		return c, fmt.Errorf("clientDataJSON: crossOrigin is %s", cross)
	}
	switch top := v.Get("topOrigin"); top.Kind() {
	case ijson.String:
		c.topOrigin, c.hasTopOrigin = top.Text(), true
	case ijson.Missing:
	default:
		return c, fmt.Errorf("clientDataJSON: topOrigin is %s", top.Kind())
	}
	return c, nil
}

// sameChallenge compares in constant time, and refuses an empty challenge.
func (c clientData) sameChallenge(challenge []byte) bool {
	want := base64.RawURLEncoding.EncodeToString(challenge)
	return len(challenge) > 0 && subtle.ConstantTimeCompare([]byte(want), []byte(c.challenge)) == 1
}

// checkOrigin compares whole strings: no path, userinfo, other case or default
// port is let pass (L3 §13.4.9). What is configured may be an https origin, a
// related origin or android:apk-key-hash:….
func (rp RelyingParty) checkOrigin(c clientData) error {
	if slices.Contains(rp.Origins, c.origin) {
		return nil
	}
	return fmt.Errorf("the origin %q is none of %q", c.origin, rp.Origins)
}

func (rp RelyingParty) checkCrossOrigin(c clientData) error {
	if c.crossOrigin && !rp.AllowCrossOrigin {
		return errors.New("made inside a frame of another origin, which is not allowed")
	}
	return nil
}

// checkTopOrigin. DIVERGES: topOrigin without crossOrigin: true contradicts
// itself (L3 §5.8.1.2 writes it only then) and is refused.
func (rp RelyingParty) checkTopOrigin(c clientData) error {
	switch {
	case !c.hasTopOrigin:
		return nil
	case !c.crossOrigin:
		return errors.New("topOrigin is given although crossOrigin is not true")
	case !rp.AllowCrossOrigin:
		return errors.New("made inside a frame of another origin, which is not allowed")
	case !slices.Contains(rp.TopOrigins, c.topOrigin):
		return fmt.Errorf("the top origin %q is none of %q", c.topOrigin, rp.TopOrigins)
	}
	return nil
}
