package demo

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"holdfast/edge/web/page"
)

// meanings says in plain words what a claim is, in the order of the page.
var meanings = []struct{ name, text string }{
	{"sub", "who you are, for good; the same after a change of name"},
	{"name", "your name"},
	{"email", "your e-mail address"},
	{"preferred_username", "what you type where a name is asked for; it may change"},
	{"groups", "the groups that you are in"},
	{"acr", "how strong the sign-in was"},
	{"amr", "by what means: pop is possession of a key, swk one kept in software, user a person present, mfa more than one factor"},
	{"auth_time", "when you last used your passkey"},
	{"sid", "names the session, and opens nothing"},
	{"iss", "who says so"},
	{"aud", "to which application"},
	{"iat", "since when this is said"},
	{"exp", "until when it may be read"},
}

// pairs are the claims as a person reads them: the known ones first.
func pairs(claims map[string]any) []page.Pair {
	rest := maps.Clone(claims)
	delete(rest, "nonce")
	var out []page.Pair
	for _, m := range meanings {
		if v, ok := rest[m.name]; ok {
			out = append(out, page.Pair{Name: m.name, Value: show(m.name, v), Note: m.text})
			delete(rest, m.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		out = append(out, page.Pair{Name: name, Value: show(name, rest[name])})
	}
	return out
}

func show(name string, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		if name == "auth_time" || name == "iat" || name == "exp" {
			return time.Unix(int64(v), 0).UTC().Format("2006-01-02 15:04:05 UTC")
		}
	case []any:
		if len(v) == 0 {
			return "none"
		}
		words := make([]string, len(v))
		for i, w := range v {
			words[i] = fmt.Sprint(w)
		}
		return strings.Join(words, ", ")
	}
	return fmt.Sprint(v)
}

// clip keeps what came in an address short.
func clip(s string) string {
	if len(s) > 60 {
		s = s[:60]
	}
	return strings.ToValidUTF8(s, "")
}
