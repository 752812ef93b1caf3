// Package device is about the browsers that people sign in with: what each can
// do with passkeys, as it says itself, kept so that an administrator sees how
// ready the organisation is. It refuses to be evidence: whatever a browser says
// of itself is a claim, nothing is allowed or denied by it, and it may be lost.
package device

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"holdfast"
)

// Life is how long what a browser said is kept after it was last seen: as long
// as browsers keep the cookie that names it (RFC 6265bis §5.5: 400 days).
const Life = 400 * 24 * time.Hour

// Most is how many browsers of one person are kept, the latest seen first.
const Most = 20

// Again is how soon a browser that says the same is not written down again.
const Again = time.Hour

// Record is one browser as one person uses it.
type Record struct {
	Device       string // the hash of the secret in its cookie
	Person       holdfast.PersonID
	UserAgent    string // a claim
	Capabilities Capabilities
	FirstSeen    time.Time
	LastSeen     time.Time
}

// Capabilities are the answer of getClientCapabilities() (WebAuthn L3 §5.1.7):
// a name that is missing was not told.
type Capabilities map[string]bool

const (
	maxNames = 40
	maxName  = 40
	maxAgent = 300
)

// The names of L3 §5.8.7 that something here is made of.
const (
	ConditionalCreate     = "conditionalCreate"
	ConditionalGet        = "conditionalGet"
	Hybrid                = "hybridTransport"
	PlatformPasskey       = "passkeyPlatformAuthenticator"
	UserVerifyingPlatform = "userVerifyingPlatformAuthenticator"
	RelatedOrigins        = "relatedOrigins"
	SignalAllAccepted     = "signalAllAcceptedCredentials"
	SignalUserDetails     = "signalCurrentUserDetails"
	SignalUnknown         = "signalUnknownCredential"
)

// sentences are what each name means to a person, the most telling first.
var sentences = []struct{ name, text string }{
	{ConditionalGet, "offer your passkeys in the list below the e-mail field"},
	{PlatformPasskey, "keep a passkey itself, or reach one on a phone"},
	{UserVerifyingPlatform, "check a fingerprint, a face or the lock of this device"},
	{Hybrid, "sign in with a phone nearby, by scanning a code"},
	{ConditionalCreate, "make a passkey in the background after another way of signing in"},
	{SignalUnknown, "forget passkeys that were removed here"},
	{RelatedOrigins, "use one passkey at every address of the organisation"},
}

// known are the names that are kept before others where there are too many.
var known = []string{ConditionalCreate, ConditionalGet, Hybrid, PlatformPasskey, UserVerifyingPlatform, RelatedOrigins,
	SignalAllAccepted, SignalUserDetails, SignalUnknown}

// Heard keeps of what a browser says as much as is worth keeping: at most 40
// names of at most 40 letters and colons. The rest is dropped, not refused:
// browsers are ahead of us.
func Heard(said map[string]bool) Capabilities {
	kept := Capabilities{}
	for _, name := range known {
		if v, ok := said[name]; ok {
			kept[name] = v
		}
	}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if len(kept) >= maxNames {
			break
		}
		if wellFormed(name) {
			kept[name] = said[name]
		}
	}
	return kept
}

func wellFormed(name string) bool {
	other := func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == ':') }
	return name != "" && len(name) <= maxName && !strings.ContainsFunc(name, other)
}

// An Ability is one thing that a browser says it can do, or cannot.
type Ability struct {
	Text string // "This browser can …"
	Can  bool
}

// Abilities puts c into words. What was not told is left out.
func (c Capabilities) Abilities() []Ability {
	var out []Ability
	for _, s := range sentences {
		if can, told := c[s.name]; told {
			out = append(out, Ability{s.text, can})
		}
	}
	return out
}

// See notes that a person used a browser which says what it can. It says
// whether there is anything to write: the same words again within Again are not.
func See(before Record, device string, who holdfast.PersonID, userAgent string, said Capabilities, now time.Time) (Record, bool) {
	r := Record{Device: device, Person: who, UserAgent: clip(userAgent), Capabilities: said, FirstSeen: before.FirstSeen, LastSeen: now}
	if before.Device == "" {
		r.FirstSeen = now
		return r, true
	}
	same := before.UserAgent == r.UserAgent && maps.Equal(before.Capabilities, said)
	return r, !same || !now.Before(before.LastSeen.Add(Again))
}

// clip keeps what a client says of itself short and fit for any database.
func clip(s string) string {
	if len(s) > maxAgent {
		s = s[:maxAgent]
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

// Readiness counts browsers by what they say they can do.
type Readiness struct {
	Browsers          int64 // seen and not yet forgotten
	Autofill          int64 // offer passkeys in the list of a field
	Platform          int64 // keep a passkey themselves
	ConditionalCreate int64
	RelatedOrigins    int64
}
