package grant

import (
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

// Lack is what an application demands and a person or their sign-in does not
// have.
type Lack string

const (
	LackGroup Lack = "group" // the person is in none of App.Groups
	LackAAL   Lack = "aal"   // the sign-in is below App.MinAAL
	LackACR   Lack = "acr"   // the sign-in is not App.RequireACR
	LackAge   Lack = "age"   // the sign-in is older than App.MaxAge

	LackPolicy Lack = "policy" // something that the organisation's policy asks for
)

// Standing is what there is to hold against an application's demands.
type Standing struct {
	Groups   []string // ids, of the person
	AAL      holdfast.AAL
	ACR      []string  // true values of the sign-in
	AuthTime time.Time // of the last sign-in
}

// Lacks gives everything that s lacks at now; a group first, since no sign-in
// mends that.
func (a App) Lacks(s Standing, now time.Time) []Lack {
	var out []Lack
	if len(a.Groups) > 0 && !slices.ContainsFunc(s.Groups, func(g string) bool { return slices.Contains(a.Groups, g) }) {
		out = append(out, LackGroup)
	}
	if s.AAL < a.MinAAL {
		out = append(out, LackAAL)
	}
	if a.RequireACR != "" && !slices.Contains(s.ACR, a.RequireACR) {
		out = append(out, LackACR)
	}
	if a.MaxAge != 0 && now.Sub(s.AuthTime) > time.Duration(a.MaxAge)*time.Second {
		out = append(out, LackAge)
	}
	return out
}

// Refused is the event of a person who was not let in to an application.
func Refused(a App, p holdfast.PersonID, why Lack) audit.Event {
	return audit.New(AppRefused, string(a.ID), p).With("lack", string(why))
}

var (
	errUnbound = holdfast.Errorf(holdfast.Denied, "dpop_required", "This application's tokens are bound to a key. Send a DPoP proof with the request.").At("RFC 9449 §5", "")
	errKey     = holdfast.Errorf(holdfast.Denied, "dpop_key", "The proof is by another key than the one that this code or token is bound to. Use that key.").At("RFC 9449 §5", "")
)

// CheckKey says whether t, a code or a refresh token of g, may be turned into
// tokens by whoever showed the key with thumbprint jkt; empty where none was
// shown.
//
// A confidential application may come with another key than before, since it
// has proved itself otherwise (RFC 9449 §5); it may not come without one.
func CheckKey(a App, g Grant, t Token, jkt string) error {
	want := g.JKT
	if t.Kind == Refresh {
		want = t.JKT
		if a.Method() != MethodNone && jkt != "" {
			want = jkt
		}
	}
	switch {
	case jkt == "" && (a.RequireDPoP || want != ""):
		return errUnbound
	case want != "" && want != jkt:
		return errKey
	}
	return nil
}
