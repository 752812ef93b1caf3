package rules

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
)

// Canon is the account with everything of its own under another name: two
// accounts with the same canonical form have the same graph, up to names. Slots
// are the names that were replaced, by the new one. What varies without changing
// any edge (names, days since, sign counters, when a link ends) is gone, and so
// is what Of does not look at: roles and tokens are the core's.
//
// A new name is "~", a letter and a number, so that it is nobody's else.
func Canon(a Account) (canonical Account, slots map[string]string) {
	c := canon{at: a.At, slots: map[string]string{"~a": a.ID}, new: map[string]string{}}
	out := Account{ID: "~a", Segment: a.Segment, Status: a.Status, Open: a.Open, Barred: a.Barred}
	if a.Status == person.Erased {
		out.Open, out.Segment = false, ""
		return out, c.slots
	}
	if out.Status = person.Invited; a.joined() {
		out.Status = person.Active
	}
	out.Enrolments, out.Joins = a.Enrolments, a.Joins
	if a.Role != person.Member {
		out.Role = person.Administrator // any role: who may touch the account
	}
	out.Sponsor, out.Manager, out.Domain, out.Under, out.Fallbacks = a.Sponsor, a.Manager, a.Domain, a.Under, a.Fallbacks
	out.Elsewhere, out.Moved, out.Pools = a.Elsewhere, a.Moved, a.Pools
	c.credentials(&a, &out)
	out.Syncs = c.records(a.Syncs, "~s")
	out.Mailboxes = c.records(a.Mailboxes, "~m")
	out.Phones = c.records(a.Phones, "~p")
	out.Kept = c.records(a.Kept, "~k")
	c.links(a.Links, &out)
	return out, c.slots
}

type canon struct {
	at    time.Time
	slots map[string]string
	new   map[string]string // devices that have one
}

// Days in a canonical account: only whether they have come counts.
var (
	always = time.Unix(0, 0).UTC()
	never  = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

func (c *canon) name(prefix string, n int, old string) string {
	name := prefix + strconv.Itoa(n)
	c.slots[name] = old
	return name
}

func (c *canon) device(old string) string {
	if old == "" {
		return ""
	}
	if name, ok := c.new[old]; ok {
		return name
	}
	name := c.name("~d", len(c.new)+1, old)
	c.new[old] = name
	return name
}

// credentials keeps of each what edges depend on, in an order that depends on
// nothing else.
func (c *canon) credentials(a, out *Account) {
	for i := range a.Credentials {
		old := &a.Credentials[i]
		f := policy.Cred{Distribution: old.Facts.Distribution, UV: old.Facts.UV, ManagedDevice: old.Facts.ManagedDevice && old.Device != "", Hardware: old.Hardware()}
		if f.Distribution != policy.DeviceBound {
			if f.Provider = old.Facts.Provider; f.Provider == "" {
				f.AAGUID = modelOf(old.Facts.AAGUID)
			}
		}
		out.Credentials = append(out.Credentials, Credential{ID: old.ID, Facts: f, Active: old.Active, Admitted: old.Admitted,
			Elsewhere: old.Elsewhere, Bare: old.Bare, Device: old.Device})
	}
	slices.SortStableFunc(out.Credentials, byContent)
	for i := range out.Credentials {
		x := &out.Credentials[i]
		x.ID, x.Device = c.name("~c", i+1, x.ID), c.device(x.Device)
	}
}

// byContent orders credentials by what edges depend on. Those that one provider
// keeps stay in their order: the first of them gives its name.
func byContent(x, y Credential) int {
	kept := isKept(&x)
	if by := cmp.Or(compareBool(kept, isKept(&y)), cmp.Compare(x.Facts.Provider, y.Facts.Provider), cmp.Compare(x.Facts.AAGUID, y.Facts.AAGUID)); by != 0 || kept {
		return by
	}
	return cmp.Or(cmp.Compare(x.Facts.Distribution, y.Facts.Distribution), compareBool(x.Facts.Hardware, y.Facts.Hardware), compareBool(x.Facts.UV, y.Facts.UV),
		compareBool(x.Facts.ManagedDevice, y.Facts.ManagedDevice), compareBool(x.Device != "", y.Device != ""),
		compareBool(x.Active, y.Active), compareBool(x.Admitted, y.Admitted), slices.Compare(x.Elsewhere, y.Elsewhere), slices.Compare(x.Bare, y.Bare))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// records keeps what is declared, without names and days.
func (c *canon) records(rs []surroundings.Record, prefix string) []surroundings.Record {
	var out []surroundings.Record
	for i := range rs {
		r := &rs[i]
		n := surroundings.Record{ID: holdfast.SurroundingID(c.name(prefix, i+1, string(r.ID))), Kind: r.Kind, Provider: r.Provider, Primary: r.Primary,
			SignIn: r.SignIn, Recovery: r.Recovery, Said: r.Said, Status: r.Status}
		if r.Standing(c.at) != surroundings.Overdue {
			n.ReviewBy = never
		}
		if closed(r, c.at) {
			n.Until = always
		}
		if r.Kind == surroundings.Mailbox {
			n.Provider = orElse(r.Provider, domainOf(r.Name))
		}
		for _, d := range r.Devices {
			n.Devices = append(n.Devices, c.device(d))
		}
		out = append(out, n)
	}
	return out
}

func (c *canon) links(ls []Link, out *Account) {
	for i := range ls {
		out.Links = append(out.Links, Link{ID: c.name("~l", i+1, ls[i].ID), Kind: ls[i].Kind, Mailed: ls[i].Mailed})
	}
}

// Shape is a text that is equal for equal canonical forms, the segment and
// everything else that edges depend on included, User left out.
func Shape(a Account) string {
	t := make([]byte, 0, 256)
	text := func(words ...string) {
		for _, w := range words {
			t = strconv.AppendQuote(t, w)
			t = append(t, ' ')
		}
	}
	list := func(words []string) {
		t = strconv.AppendInt(t, int64(len(words)), 10)
		t = append(t, ' ')
		text(words...)
	}
	yes := func(bs ...bool) {
		for _, b := range bs {
			if b {
				t = append(t, '1')
			} else {
				t = append(t, '0')
			}
		}
		t = append(t, ' ')
	}
	text(a.Segment, string(a.Status), string(a.Role), a.Sponsor, a.Manager, a.Domain)
	yes(a.Open, a.Barred)
	list(a.Under)
	list(a.Fallbacks)
	list(a.Pools)
	list(a.Enrolments)
	for _, s := range a.Elsewhere {
		text(s.Segment, string('0'+rune(s.By)))
	}
	for _, would := range [][]Opened{a.Moved, a.Joins} {
		t = append(t, '|')
		for _, f := range would {
			text(f.Name, string('0'+rune(f.By)))
		}
	}
	for i := range a.Credentials {
		c := &a.Credentials[i]
		t = append(t, 'c')
		text(c.Facts.Distribution, c.Facts.Provider, c.Facts.AAGUID, c.Device)
		yes(c.Facts.UV, c.Facts.ManagedDevice, c.Facts.Hardware, c.Active, c.Admitted)
		for _, list := range [][]By{c.Elsewhere, c.Bare} {
			for _, by := range list {
				t = append(t, '0'+byte(by))
			}
			t = append(t, ' ')
		}
	}
	for _, rs := range [][]surroundings.Record{a.Syncs, a.Mailboxes, a.Phones, a.Kept} {
		for i := range rs {
			r := &rs[i]
			t = append(t, 'r')
			text(string(r.Kind), r.Provider, r.Status)
			yes(r.Primary, r.Said, r.ReviewBy.IsZero(), r.Until.IsZero())
			list(r.SignIn)
			list(r.Recovery)
			list(r.Devices)
		}
	}
	for i := range a.Links {
		t = append(t, 'l')
		text(string(a.Links[i].Kind))
		yes(a.Links[i].Mailed)
	}
	return string(t)
}

// Restore puts the names that were replaced back into the name of an atom, a node
// or an edge of a canonical account's graph.
func Restore(name string, slots map[string]string) string {
	at := strings.IndexByte(name, '~')
	if at < 0 {
		return name
	}
	var out strings.Builder
	for at >= 0 {
		out.WriteString(name[:at])
		end := at + 1
		for end < len(name) && name[end] != ':' && name[end] != '/' {
			end++
		}
		if old, ok := slots[name[at:end]]; ok {
			out.WriteString(old)
		} else {
			out.WriteString(name[at:end])
		}
		name = name[end:]
		at = strings.IndexByte(name, '~')
	}
	out.WriteString(name)
	return out.String()
}
