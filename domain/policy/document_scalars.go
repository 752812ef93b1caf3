package policy

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"holdfast/domain/policy/yamlpos"
)

// Map is a mapping with names for keys, which keeps the order of the text.
type Map[T any] struct {
	Names []string     // in the order of the text
	Of    map[string]T // by name
}

// Get is the value under name, the zero value where there is none.
func (m Map[T]) Get(name string) (T, bool) {
	v, ok := m.Of[name]
	return v, ok
}

// Len is how many there are.
func (m Map[T]) Len() int { return len(m.Names) }

// Put adds one, or replaces it.
func (m *Map[T]) Put(name string, v T) {
	if m.Of == nil {
		m.Of = map[string]T{}
	}
	if _, ok := m.Of[name]; !ok {
		m.Names = append(m.Names, name)
	}
	m.Of[name] = v
}

// Entries tells the decoder that the type is a mapping.
func (m *Map[T]) Entries() (zero any, put func(string, any)) {
	return new(T), func(name string, v any) { m.Put(name, *v.(*T)) }
}

// Purposes says for each field with personal data that an expression reads what
// it is read for.
type Purposes struct{ Map[string] }

// Dotted lets names be those of fields.
func (*Purposes) Dotted() {}

// Expr is an expression in CEL. Compile compiles it.
type Expr string

// AAL is a level: 1, 2 or 3. The zero AAL is not written.
type AAL int

// ReadText refuses every other number.
func (a *AAL) ReadText(s string) error {
	switch s {
	case "1", "2", "3":
		*a = AAL(s[0] - '0')
		return nil
	}
	return wrongf("write 1, 2 or 3", "%q is no assurance level", s)
}

// Duration is a number and a unit: s, m, h or d (24 h).
type Duration time.Duration

// The longest is ten years: what is longer is a mistake.
const longest = 3660 * 24 * time.Hour

var durationForm = regexp.MustCompile(`^([0-9]{1,9})(s|m|h|d)$`)

// ReadText reads "15m".
func (d *Duration) ReadText(s string) error {
	m := durationForm.FindStringSubmatch(s)
	if m == nil {
		return wrongf("write a whole number and one unit of s, m, h or d: 90s, 15m, 4h, 30d", "%q is no duration", s)
	}
	n, _ := strconv.ParseInt(m[1], 10, 64)
	unit := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[m[2]]
	if n > int64(longest/unit) {
		return wrongf("write at most 3660d", "%s is longer than ten years", s)
	}
	*d = Duration(time.Duration(n) * unit)
	return nil
}

// D is the Go duration.
func (d Duration) D() time.Duration { return time.Duration(d) }

// String is the shortest form that ReadText reads.
func (d Duration) String() string {
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}} {
		if v := time.Duration(d); v != 0 && v%u.unit == 0 {
			return strconv.FormatInt(int64(v/u.unit), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(time.Duration(d)/time.Second), 10) + "s"
}

// Rate is at most N times in a duration. The zero Rate is not written.
type Rate struct {
	N   int
	Per Duration
}

// ReadText reads "2/90d".
func (r *Rate) ReadText(s string) error {
	n, per, ok := strings.Cut(s, "/")
	count, err := strconv.Atoi(n)
	var d Duration
	if !ok || err != nil || count < 1 || d.ReadText(per) != nil || d == 0 {
		return wrongf("write how often in how long: 2/90d, 6/8h", "%q is no rate", s)
	}
	*r = Rate{count, d}
	return nil
}

// String is the form that ReadText reads.
func (r Rate) String() string { return strconv.Itoa(r.N) + "/" + r.Per.String() }

// Date is a day. What ends on it is good through the whole of it, in UTC.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ReadText reads "2027-03-31".
func (d *Date) ReadText(s string) error {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return wrongf("write year-month-day: 2027-03-31", "%q is no date", s)
	}
	d.Year, d.Month, d.Day = t.Date()
	return nil
}

// IsZero says that none is written.
func (d Date) IsZero() bool { return d == Date{} }

// Start is the first moment of the day.
func (d Date) Start() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// End is the first moment after the day.
func (d Date) End() time.Time { return time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, time.UTC) }

// Over says whether the day has passed at now. A date that is not written never
// passes.
func (d Date) Over(now time.Time) bool { return !d.IsZero() && !now.Before(d.End()) }

// String is the form that ReadText reads.
func (d Date) String() string { return d.Start().Format(time.DateOnly) }

// AAGUID is a model: 8-4-4-4-12 hexadecimal digits in lower case.
type AAGUID string

var aaguidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// ReadText reads either case.
func (a *AAGUID) ReadText(s string) error {
	low := strings.ToLower(s)
	if !aaguidForm.MatchString(low) {
		return wrongf("write it as dd4ec289-e01d-41c9-bb89-70fa845d4bf2", "%q is no AAGUID", s)
	}
	*a = AAGUID(low)
	return nil
}

// AAGUIDRef is an AAGUID or "group:NAME" of aaguid_groups.
type AAGUIDRef string

// ReadText reads both.
func (a *AAGUIDRef) ReadText(s string) error {
	if group, ok := strings.CutPrefix(s, "group:"); ok && group != "" {
		*a = AAGUIDRef(s)
		return nil
	}
	var plain AAGUID
	if plain.ReadText(s) != nil {
		return wrongf("write dd4ec289-e01d-41c9-bb89-70fa845d4bf2 or group:NAME", "%q is neither an AAGUID nor a group of them", s)
	}
	*a = AAGUIDRef(plain)
	return nil
}

// Group is the name of the group, where it is one.
func (a AAGUIDRef) Group() (string, bool) { return strings.CutPrefix(string(a), "group:") }

// Trust is what may vouch for an authenticator: "mds" or "pinned:NAME" of roots.
type Trust string

// ReadText reads both.
func (t *Trust) ReadText(s string) error {
	if name, ok := strings.CutPrefix(s, "pinned:"); s != "mds" && (!ok || name == "") {
		return wrongf("write mds or pinned:NAME of roots", "%q is nothing that vouches", s)
	}
	*t = Trust(s)
	return nil
}

// Pinned is the name of the root, where it is one.
func (t Trust) Pinned() (string, bool) { return strings.CutPrefix(string(t), "pinned:") }

// Party is somebody: "group:NAME" of people, "role:NAME" whose holders have a
// power in Holdfast, or somebody by what they are to the subject.
type Party string

var partyForm = regexp.MustCompile(`^(group|role):[^\s:]{1,128}$`)

// ReadText reads all of them.
func (p *Party) ReadText(s string) error {
	switch s {
	case "subject", "subject.manager", "subject.manager_chain", "subject.sponsor":
	default:
		if !partyForm.MatchString(s) {
			return wrongf("write group:NAME, role:NAME, subject, subject.manager, subject.manager_chain or subject.sponsor", "%q is nobody", s)
		}
	}
	*p = Party(s)
	return nil
}

// Group is the name of the group, where it is one.
func (p Party) Group() (string, bool) { return strings.CutPrefix(string(p), "group:") }

// Role is the name of the role, where it is one.
func (p Party) Role() (string, bool) { return strings.CutPrefix(string(p), "role:") }

// NotifyTo is whom a notice goes to: all_addresses of the subject, or a Party.
type NotifyTo string

// ReadText reads both.
func (n *NotifyTo) ReadText(s string) error {
	var p Party
	if s != "all_addresses" && p.ReadText(s) != nil {
		return wrongf("write all_addresses, group:NAME or role:NAME", "%q is nobody to tell", s)
	}
	*n = NotifyTo(s)
	return nil
}

// ForAll is what an assertion ranges over: segment:NAME, procedures,
// operators or accounts.
type ForAll string

// ReadText reads all of them.
func (f *ForAll) ReadText(s string) error {
	switch name, segment := strings.CutPrefix(s, "segment:"); {
	case segment && name != "", s == "procedures", s == "operators", s == "accounts":
		*f = ForAll(s)
		return nil
	}
	return wrongf("write segment:NAME, accounts, procedures or operators", "%q is nothing to range over", s)
}

// Segment is the name of the segment, where it is one.
func (f ForAll) Segment() (string, bool) { return strings.CutPrefix(string(f), "segment:") }

// wrongf is what a ReadText returns.
func wrongf(remedy, format string, args ...any) error {
	return &yamlpos.Wrong{Text: fmt.Sprintf(format, args...), Remedy: remedy}
}
