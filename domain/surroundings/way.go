package surroundings

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"holdfast"
)

// Factor is one thing that a way in takes.
type Factor string

const (
	Password      Factor = "password"
	Code          Factor = "code" // a one-time code, or a prompt, on a device that the account trusts
	TOTP          Factor = "totp"
	SavedCode     Factor = "saved-code"
	Passkey       Factor = "passkey" // that may be copied, or of which nothing is proven
	Key           Factor = "key"     // a security key that is proven to be in hardware
	Device        Factor = "device"  // one of Devices, unlocked
	PIN           Factor = "pin"
	Email         Factor = "email"   // the person's mailbox
	SMS           Factor = "sms"     // the person's telephone number
	Contact       Factor = "contact" // a trusted person
	Desk          Factor = "desk"    // whoever has a Power over primary accounts
	Admin         Factor = "admin"   // whoever has a Power over the mail, or over the provider
	UnknownFactor Factor = "unknown" // nobody has said
)

// Factors lists those that are a word; "2-of-3-devices" is one too.
func Factors() []Factor {
	return []Factor{Password, Code, TOTP, SavedCode, Passkey, Key, Device, PIN, Email, SMS, Contact, Desk, Admin, UnknownFactor}
}

var devicesFactor = regexp.MustCompile(`^([1-9][0-9]?)-of-([1-9][0-9]?)-devices$`)

// OfDevices reads "2-of-3-devices".
func (f Factor) OfDevices() (k, n int, ok bool) {
	m := devicesFactor.FindStringSubmatch(string(f))
	if m == nil {
		return 0, 0, false
	}
	k, _ = strconv.Atoi(m[1]) // one or two digits
	n, _ = strconv.Atoi(m[2])
	return k, n, k <= n && n <= maxDevices
}

// Way is a way in, or back in: all of its factors together.
type Way []Factor

// ParseWay reads a way: factors joined by "+", each once. "unknown" stands
// alone.
func ParseWay(text string) (Way, error) {
	var w Way
	for _, word := range strings.Split(text, "+") {
		f := Factor(word)
		if _, _, ok := f.OfDevices(); !ok && !slices.Contains(Factors(), f) {
			return nil, holdfast.Errorf(holdfast.Invalid, "surrounding_factor",
				"%q is no factor. A way is factors joined by +, such as password+sms. The factors are: %s, and 2-of-3-devices for any two of three.",
				word, listed(Factors()))
		}
		if slices.Contains(w, f) {
			return nil, holdfast.Errorf(holdfast.Invalid, "surrounding_factor", "The way %q names %s twice: once is enough.", text, f)
		}
		w = append(w, f)
	}
	if len(w) > 1 && slices.Contains(w, UnknownFactor) {
		return nil, holdfast.Errorf(holdfast.Invalid, "surrounding_factor",
			"The way %q is half unknown: write unknown alone, or what is known to be asked.", text)
	}
	return w, nil
}

// Unknown says that nobody knows what this way takes.
func (w Way) Unknown() bool { return slices.Contains(w, UnknownFactor) }

// String is what ParseWay reads.
func (w Way) String() string {
	out := make([]string, len(w))
	for i, f := range w {
		out[i] = string(f)
	}
	return strings.Join(out, "+")
}

// listed is "a, b, c".
func listed[S ~string](words []S) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}
