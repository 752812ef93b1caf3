package org

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/spec/webauthn"
)

const (
	// SettingRelatedOrigins holds the further origins at which the door is
	// served, one a line: WebAuthn L3 §5.11.
	SettingRelatedOrigins = "related_origins"
	// SettingRPID holds the RP ID under which the passkeys are made. It is
	// written once, when the organisation is founded.
	SettingRPID = "rp_id"
)

// MostRelated bounds the list: clients read at most so much of it.
const MostRelated = 50

// Lately is how long an origin counts as in use after somebody signed in from it.
const Lately = 90 * 24 * time.Hour

// RelatedOrigins reads the setting; the zero Setting is none.
func RelatedOrigins(s Setting) []string { return strings.Fields(s.Value) }

// OriginUser is somebody who may sign in, and who has signed in from an origin
// that is to go.
type OriginUser struct {
	Person    holdfast.PersonID
	Name      string
	Last      time.Time // from an origin that is to go
	Elsewhere bool      // ever signed in from an origin that stays
}

// GoneOrigins are those of current that next does not have.
func GoneOrigins(current, next []string) []string {
	return slices.DeleteFunc(slices.Clone(current), func(o string) bool { return slices.Contains(next, o) })
}

// OriginsChange is a wish to serve the door at other origins.
type OriginsChange struct {
	Own     string       // the server's own origin, which always stays
	Current []string     // as RelatedOrigins reads it
	Next    []string     // whole
	Users   []OriginUser // of GoneOrigins(Current, Next)
	Confirm string       // empty, or what a refusal asked for, to the letter
}

// SetRelatedOrigins changes the list. It refuses a list that clients would read
// in part, and one by which people lose the address that they sign in at:
// those who used one that goes within Lately, and those who never used another.
// Whoever confirms it with the words of the refusal has seen how many they are;
// if they become more meanwhile, the words are others.
func SetRelatedOrigins(c OriginsChange, now time.Time) (Setting, []audit.Event, error) {
	next, err := checkOrigins(c.Own, c.Next)
	if err != nil {
		return Setting{}, nil, err
	}
	gone := GoneOrigins(c.Current, next)
	locked := LockedOut(c.Users, now)
	if len(gone) > 0 && len(locked) > 0 && c.Confirm != Confirmation(len(locked)) {
		return Setting{}, nil, refuseLockOut(gone, c.Users, locked, now)
	}
	s := Setting{SettingRelatedOrigins, strings.Join(next, "\n")}
	e := audit.New("organisation.related_origins_set", SettingRelatedOrigins, "", audit.Set(&s)).
		With("origins", strings.Join(next, " "))
	if len(gone) > 0 {
		e = e.With("gone", strings.Join(gone, " ")).With("locked_out", fmt.Sprint(len(locked)))
	}
	return s, []audit.Event{e}, nil
}

// LockedOut are the users who would find their address gone.
func LockedOut(users []OriginUser, now time.Time) []OriginUser {
	var out []OriginUser
	for _, u := range users {
		if !u.Elsewhere || u.Last.After(now.Add(-Lately)) {
			out = append(out, u)
		}
	}
	return out
}

// Confirmation is what somebody must write who takes an address away from n people.
func Confirmation(n int) string {
	return fmt.Sprintf("take it from %s", people(n))
}

func refuseLockOut(gone []string, users, locked []OriginUser, now time.Time) error {
	only := 0
	for _, u := range locked {
		if !u.Elsewhere {
			only++
		}
	}
	recent := 0
	for _, u := range users {
		if u.Last.After(now.Add(-Lately)) {
			recent++
		}
	}
	text := fmt.Sprintf("%s signed in from %s within the last %d days, and %s never used another address. "+
		"Send them to another address first. To do it all the same, confirm with the words %q.",
		capital(people(recent)), strings.Join(gone, ", "), int(Lately.Hours()/24), people(only), Confirmation(len(locked)))
	return holdfast.Errorf(holdfast.Conflict, "origin_in_use", "%s", text).At("5.11", "who: "+ids(locked))
}

// ids names people for whoever looks them up, as many as can be read at a
// glance; not by name, since refusals are logged.
func ids(users []OriginUser) string {
	const most = 20
	var list []string
	for _, u := range users[:min(len(users), most)] {
		list = append(list, string(u.Person))
	}
	if len(users) > most {
		list = append(list, fmt.Sprintf("and %d more", len(users)-most))
	}
	return strings.Join(list, ", ")
}

func people(n int) string {
	switch n {
	case 0:
		return "nobody"
	case 1:
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// checkOrigins gives the list without repetitions, or says what is wrong with it.
func checkOrigins(own string, list []string) ([]string, error) {
	var next []string
	labels := map[string]bool{}
	if label, err := webauthn.RelatedOrigin(own); err == nil {
		labels[label] = true
	}
	for _, o := range list {
		label, err := webauthn.RelatedOrigin(o)
		if err != nil {
			return nil, holdfast.Errorf(holdfast.Invalid, "origin_malformed",
				"%s. Write each origin as a browser does: https://login.example.com", capital(strings.TrimSpace(err.Error())))
		}
		if o == own {
			return nil, holdfast.Errorf(holdfast.Invalid, "origin_own", "%s is where Holdfast is anyway. Leave it out.", o)
		}
		if !slices.Contains(next, o) {
			next = append(next, o)
		}
		labels[label] = true
	}
	if len(labels) > webauthn.MaxLabels {
		return nil, holdfast.Errorf(holdfast.Invalid, "origin_labels",
			"These are %d different names, with that of %s. Browsers read %d and ignore the rest, so that nobody could sign in there. "+
				"Names that differ only in what follows, such as example.com and example.de, count as one.",
			len(labels), own, webauthn.MaxLabels).At("5.11.1", "maxLabels")
	}
	if len(next) > MostRelated {
		return nil, holdfast.Errorf(holdfast.Invalid, "origin_many", "At most %d origins can be named; these are %d.", MostRelated, len(next))
	}
	return next, nil
}

// Party is the relying party for a ceremony at origin: the server's own, where
// origin is empty, or one of the related ones. An answer that was made at one
// address is good at that address only.
func Party(own webauthn.RelyingParty, origin string, related Setting) (webauthn.RelyingParty, error) {
	if origin == "" {
		return own, nil
	}
	if !slices.Contains(RelatedOrigins(related), origin) {
		return webauthn.RelyingParty{}, errNotRelated
	}
	own.Origins = []string{origin}
	return own, nil
}

var errNotRelated = holdfast.Errorf(holdfast.Denied, "origin_gone",
	"People do not sign in at this address any more. Open the address that your administrator gave you.")
