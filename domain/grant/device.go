package grant

import (
	"crypto/rand"
	"math/big"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

const (
	// DeviceCodeLife is how long a device waits for somebody to let it in.
	DeviceCodeLife = 10 * time.Minute
	// DeviceInterval is how often a device may ask (RFC 8628 §3.2).
	DeviceInterval = 5 * time.Second

	userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ" // RFC 8628 §6.1: no vowels, nothing that looks like another
	userCodeLength  = 8                      // 20^8: with ten tries in ten minutes for each person, guessing takes an age
)

// DeviceState is where a waiting device stands.
type DeviceState string

const (
	DeviceWaiting DeviceState = "waiting"
	DeviceAllowed DeviceState = "allowed"
	DeviceDenied  DeviceState = "denied"
)

// A DeviceCode is a device that waits for somebody to let it in (RFC 8628).
type DeviceCode struct {
	ID        string // holdfast.HashSecret of the device code
	UserCode  string // as NewUserCode makes it, without a dash
	App       holdfast.AppID
	Scopes    []string
	Address   string // where the device asked from, as the person is shown it
	UserAgent string
	State     DeviceState
	Created   time.Time
	Polled    time.Time // when the device last asked
	Until     time.Time
}

// NewUserCode draws what a person types.
func NewUserCode() string {
	var b strings.Builder
	for range userCodeLength {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(userCodeLetters))))
		if err != nil {
			panic("grant: internal error: " + err.Error()) // crypto/rand never fails
		}
		b.WriteByte(userCodeLetters[n.Int64()])
	}
	return b.String()
}

// ShowUserCode is how a code is shown: WDJB-MJHT.
func ShowUserCode(code string) string {
	if len(code) != userCodeLength {
		return code
	}
	return code[:userCodeLength/2] + "-" + code[userCodeLength/2:]
}

// ReadUserCode is what somebody meant who typed s: case, dashes and blanks do
// not matter. "" if it can be no code.
func ReadUserCode(s string) string {
	s = strings.ToUpper(strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, s))
	if len(s) != userCodeLength || strings.Trim(s, userCodeLetters) != "" {
		return ""
	}
	return s
}

// IssueDevice opens the grant of a device that somebody let in. The device
// code, known by its hash, is the grant's code.
func IssueDevice(app App, d DeviceCode, a Authorization, now time.Time) (Grant, Token, []audit.Event, error) {
	switch {
	case !app.Live() || app.ID != d.App:
		return Grant{}, Token{}, nil, errAppRemoved
	case !slices.Contains(app.Kinds, KindDevice):
		return Grant{}, Token{}, nil, errKind
	case !subset(d.Scopes, Scopes):
		return Grant{}, Token{}, nil, errScope
	}
	g := Grant{ID: a.ID, App: app.ID, Person: a.Person, Session: a.Session, Scopes: d.Scopes,
		ACR: a.ACR, AMR: a.AMR, AuthTime: a.AuthTime, Created: now, Kind: KindDevice}
	code := newToken(g, Code, d.ID, g.Scopes, max(d.Until.Sub(now), DeviceInterval), now)
	e := audit.New(Issued, string(g.ID), g.Person, audit.Set(&g), audit.Set(&code)).
		With("app", string(g.App)).With("session", string(g.Session)).With("acr", g.ACR).With("kind", KindDevice)
	return g, code, []audit.Event{e}, nil
}

var errKind = holdfast.Errorf(holdfast.Denied, "grant_type_not_allowed", "This application may not use this grant type. An administrator can allow it.")
