package page

import (
	"fmt"
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// funcs are the words that templates use.
func (ps *Pages) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":   ps.assets.url,
		"when":    when,
		"date":    date,
		"icon":    icon,
		"count":   count,
		"Count":   func(n int, one, many string) string { return capital(count(n, one, many)) },
		"Capital": capital,
		"person":  PersonPath, "group": GroupPath, "app": ApplicationPath, "record": AuditPath, "at": at,
		"credential": CredentialPath, "revision": RevisionPath, "decision": DecisionPath, "tabs": policyTabs, "here": here,
		"badge":        func(text string, t Tone) Badge { return Badge{Text: text, Tone: t} },
		"sign":         sign,
		"section":      section,
		"exposuretabs": exposureTabs, "thingwords": ThingWords, "segment": Segment, "asks": Asks, "worth": Worth, "level": Level, "verdict": VerdictBadge, "verdictsays": VerdictSays,
		"severity": SeverityBadge, "contest": ContestSays, "classwords": ClassWords, "classicon": classIcon, "knownby": KnownBy, "phr": PhrBadge, "nist": conforms,
		"exposed": exposedBy, "exposedaccount": ExposedAccountPath, "blast": BlastPath, "bars": Bars, "shortfall": Shortfall, "rested": rested, "headline": headline,
		"adversaries": AdversaryNames, "rulewords": RuleWords, "labels": Labels, "nistrefs": NISTRefs, "verdictof": verdictOf, "declares": declares,
		"toneof":  toneOf,
		"linkify": linkify,
		"list":    list,
		"anchor":  func(text, url string) Link { return Link{text, url} },
		"hidden":  func(name, value string) []Hidden { return []Hidden{{name, value}} },
		"key":     func(parts ...string) string { return strings.Join(parts, "") },
		"int":     func(n int64) int { return int(n) },
		"args":    args,
		"number":  thousands,
		"rail":    rail,
		"csv":     func(s []string) string { return strings.Join(s, ",") },
		"target":  func(s string) template.URL { return template.URL(s) }, // only after Navigate.Safe
		"refresh": refresh,
	}
}

// section is the entry of the rail or of the portal's menu that a page is under.
func section(p Page) string {
	switch n := p.name(); n {
	case "person", "newperson":
		return "people"
	case "tokenmade":
		return "tokens"
	case "invitationmade":
		return "invitations"
	case "group":
		return "groups"
	case "application", "newapplication", "editapplication", "applicationmade":
		return "applications"
	case "allsessions":
		return "sessions"
	case "auditrecord":
		return "audit"
	case "credential":
		return "credentials"
	case "manageddevices":
		return "devices"
	case "exposed", "exposedaccount", "exposureblast", "exposurefindings", "exposureresidual":
		return "exposure"
	case "newsurrounding":
		return "surroundings"
	case "policyedit", "revision", "decisions", "decision", "replacements", "findings", "metadata", "providers":
		return "policy"
	default:
		return n
	}
}

// args gathers a component's arguments by name.
func args(kv ...any) (map[string]any, error) {
	if len(kv)%2 != 0 {
		return nil, fmt.Errorf("page: args wants pairs, got %d values", len(kv))
	}
	m := map[string]any{}
	for i := 0; i < len(kv); i += 2 {
		k, ok := kv[i].(string)
		if !ok {
			return nil, fmt.Errorf("page: args wants a name, got %v", kv[i])
		}
		m[k] = kv[i+1]
	}
	return m, nil
}

// when says how far t is from now in words, with the exact instant on hover.
func when(now, t time.Time) template.HTML {
	if t.IsZero() {
		return "never"
	}
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`, //nolint:gosec // all three are our own words
		t.Format(time.RFC3339), t.Format("2 Jan 2006, 15:04:05 UTC"), relative(now, t)))
}

// relative is at most about ten words: what a person would say.
func relative(now, t time.Time) string {
	if now.IsZero() {
		return t.UTC().Format("2 Jan 2006, 15:04")
	}
	d := now.Sub(t)
	past := d >= 0
	if !past {
		d = -d
	}
	var s string
	switch {
	case d < 45*time.Second && past:
		return "just now"
	case d < 45*time.Second:
		return "in a moment"
	case d < 90*time.Second:
		s = "a minute"
	case d < 55*time.Minute:
		s = fmt.Sprintf("%d minutes", round(d, time.Minute))
	case d < 90*time.Minute:
		s = "an hour"
	case d < 22*time.Hour:
		s = fmt.Sprintf("%d hours", round(d, time.Hour))
	case d < 36*time.Hour && past:
		return "yesterday"
	case d < 36*time.Hour:
		return "tomorrow"
	case d < 14*24*time.Hour:
		s = fmt.Sprintf("%d days", round(d, 24*time.Hour))
	case d < 60*24*time.Hour:
		s = fmt.Sprintf("%d weeks", round(d, 7*24*time.Hour))
	default:
		return "on " + t.UTC().Format("2 Jan 2006")
	}
	if past {
		return s + " ago"
	}
	return "in " + s
}

func round(d, unit time.Duration) int { return int((d + unit/2) / unit) }

// date is a day in words that no country reads differently.
func date(t time.Time) template.HTML {
	if t.IsZero() {
		return "none"
	}
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s">%s</time>`, t.Format(time.DateOnly), t.Format("2 Jan 2006"))) //nolint:gosec
}

// day is the value of a date input.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// count says "1 person", "12 people", "no people".
func count(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + many
	case 1:
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// capital makes a text the beginning of a heading.
func capital(s string) string {
	if s == "" {
		return ""
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// thousands sets a number so that it can be read: 12,345.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// list joins names as a sentence does: "a, b and c".
func list(ss []string) string {
	if len(ss) < 2 {
		return strings.Join(ss, "")
	}
	return strings.Join(ss[:len(ss)-1], ", ") + " and " + ss[len(ss)-1]
}

func lines(ss []string) string { return strings.Join(ss, "\n") }

// sign is the icon that stands beside a badge's or notice's colour.
func sign(b Badge) string {
	switch toneOf(b) {
	case "good", "proven":
		return "check"
	case "warn":
		return "warn"
	case "alarm":
		return "cross"
	case "claimed":
		return "tilde"
	case "unknown":
		return "question"
	}
	return "dot"
}

// toneOf is the style of a badge.
func toneOf(b Badge) string {
	switch {
	case b.Tone != "":
		return string(b.Tone)
	case b.Evidence != Unknown:
		return string(b.Evidence)
	}
	return "unknown"
}

// addresses finds links in plain text mail; a closing mark belongs to the sentence.
var addresses = regexp.MustCompile(`https?://[^\s<>"']*[^\s<>"'.,;:!?)]`)

// linkify escapes text and makes its addresses links.
func linkify(text string) template.HTML {
	var b strings.Builder
	last := 0
	for _, m := range addresses.FindAllStringIndex(text, -1) {
		b.WriteString(template.HTMLEscapeString(text[last:m[0]]))
		u := template.HTMLEscapeString(text[m[0]:m[1]])
		b.WriteString(`<a href="` + u + `" rel="noreferrer">` + u + `</a>`)
		last = m[1]
	}
	b.WriteString(template.HTMLEscapeString(text[last:]))
	return template.HTML(b.String()) //nolint:gosec // escaped piece by piece
}

// refresh is the content of a meta refresh, for browsers without script.
func refresh(url string) template.HTMLAttr {
	return template.HTMLAttr(`content="1; url=` + template.HTMLEscapeString(url) + `"`) //nolint:gosec // escaped
}
