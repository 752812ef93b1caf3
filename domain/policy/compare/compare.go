// Package compare says what a change of the policy means: each difference as a
// sentence with a direction, and whether the whole lowers anybody's assurance,
// for which more people must approve.
//
// It refuses the benefit of the doubt: what it cannot show to keep everybody as
// strong as before counts as lowering, and so does every key of the language for
// which the table below has no rule.
package compare

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"holdfast/domain/policy"
	"holdfast/domain/policy/grade"
)

// Direction is what a change does to those whom it concerns.
type Direction string

const (
	Raised  Direction = "raises"
	Lowered Direction = "lowers"
	Neither Direction = "neither"
	Unknown Direction = "unknown" // it cannot be shown: counts as lowering
)

// Change is one difference.
type Change struct {
	Path      string    `json:"path"` // with names in place of numbers: "segments.workforce.required.aal"
	Text      string    `json:"text"` // a sentence
	Direction Direction `json:"direction"`
	Before    string    `json:"before,omitempty"`
	After     string    `json:"after,omitempty"`
	Segments  []string  `json:"segments,omitempty"` // whose people it concerns; none: everybody, or nobody
}

// Lowering says whether more must approve because of c.
func (c Change) Lowering() bool { return c.Direction == Lowered || c.Direction == Unknown }

// Lowers says whether after lowers any segment's assurance against before, and
// lists all changes. Without a policy before, nothing is lowered.
func Lowers(before, after *policy.Document) (bool, []Change) {
	changes := Documents(before, after)
	return slices.ContainsFunc(changes, Change.Lowering), changes
}

// Documents lists the changes, in the order of the keys of the language and of
// the names in after.
func Documents(before, after *policy.Document) []Change {
	if before == nil || after == nil {
		return nil
	}
	before, after = plain(before), plain(after)
	c := comparison{before: flatten(before), after: flatten(after), was: before, is: after}
	c.things()
	c.values()
	c.order()
	c.grades()
	c.scope()
	return c.out
}

// Policies is Lowers of two policies that were compiled with their files: another
// certificate in the file of a root is a change as well. Who may vouch then,
// nobody can say from here.
func Policies(before, after *policy.Policy) (bool, []Change) {
	_, changes := Lowers(before.Document(), after.Document())
	c := comparison{was: before.Document(), is: after.Document()}
	for _, is := range after.Roots() {
		for _, was := range before.Roots() {
			if was.Name == is.Name && !slices.EqualFunc(was.Certificates, is.Certificates, (*x509.Certificate).Equal) {
				c.add("roots."+is.Name+".file", Unknown, "", "", "Root %s: the certificates in its file are others", is.Name)
			}
		}
	}
	c.scope()
	changes = append(changes, c.out...)
	return slices.ContainsFunc(changes, Change.Lowering), changes
}

// plain writes out what the language leaves open: who approves where only
// change_control says so, and how procedures are judged.
func plain(d *policy.Document) *policy.Document {
	e := *d
	m := &e.Metadata
	m.Equivalence = grade.Equivalence(d)
	always := policy.ApproverSet{Approvers: m.ChangeControl.Approvers, From: m.ChangeControl.From}
	for _, set := range []*policy.ApproverSet{&m.Raise, &m.Lower} {
		if set.Approvers == 0 {
			*set = always
		}
	}
	e.Segments = nil
	for _, s := range d.Segments {
		copied := *s
		copied.Equivalence = d.EquivalenceFor(s)
		e.Segments = append(e.Segments, &copied)
	}
	return &e
}

type comparison struct {
	before, after *flat
	was, is       *policy.Document
	old           *policy.Segment // where one segment is compared with another
	out           []Change
}

func (c *comparison) add(path string, d Direction, before, after, format string, args ...any) {
	c.out = append(c.out, Change{Path: path, Direction: d, Before: before, After: after, Text: fmt.Sprintf(format, args...) + "."})
}

// kinds are the things with names: what to call one, and what it means that one
// comes or goes.
var kinds = []struct {
	path, noun string
	came, went Direction
}{
	{"segments", "Segment", Unknown, Unknown}, // whoever was in it is now in another one
	{"authenticators", "Class", Neither, Neither},
	{"providers", "Provider", Neither, Neither},          // it counts where a class names it, or a condition reads of it
	{"roots", "Root", Unknown, Raised},                   // what one vouches for is proven to be in hardware, whoever names it
	{"recovery", "Recovery procedure", Neither, Neither}, // it counts where a segment names it
	{"enrolment", "Enrolment procedure", Unknown, Raised},
	{"fallbacks", "Fallback", Neither, Neither},
	{"access", "Access rule", Raised, Lowered}, // all rules apply: one more never opens anything
	{"rollout.stages", "Stage", Unknown, Unknown},
	{"detections", "Detection", Raised, Lowered},
	{"reviews", "Review", Raised, Lowered},
	{"personas", "Persona", Neither, Unknown}, // of the assertions
	{"assertions", "Assertion", Neither, Lowered},
	{"aaguid_groups", "Group of models", Neither, Neither}, // it counts where it is named
}

// things are those that came and went.
func (c *comparison) things() {
	for _, k := range kinds {
		was, is := c.before.names[k.path], c.after.names[k.path]
		for _, n := range was {
			if !slices.Contains(is, n) {
				c.add(k.path+"."+n, k.went, n, "", "%s %s is gone", k.noun, n)
			}
		}
		for _, n := range is {
			if !slices.Contains(was, n) {
				d := k.came
				switch k.path {
				case "segments":
					d = c.newSegment(n)
				case "providers":
					if c.reads("cred", "provider", "managed") {
						d = Unknown
					}
				case "enrolment":
					d = c.newWay(grade.OfEnrolment(c.is.Enrolment.Of[n], grade.Equivalence(c.is)).AAL, 3)
				}
				c.add(k.path+"."+n, d, "", n, "%s %s is new", k.noun, n)
			}
		}
	}
}

// reads says whether a condition of either document may read one of these fields
// of a variable: that their names are there is enough, however they are written.
func (c *comparison) reads(of string, names ...string) bool {
	for _, f := range []*flat{c.before, c.after} {
		if f == nil { // certificates alone are compared
			continue
		}
		for path, l := range f.values {
			last := path[strings.LastIndex(path, ".")+1:]
			if !slices.Contains([]string{"when", "only_when", "waive_when", "require"}, last) || !strings.Contains(l.text, of) {
				continue
			}
			if slices.ContainsFunc(names, func(n string) bool { return strings.Contains(l.text, n) }) {
				return true
			}
		}
	}
	return false
}

// newWay: one more way in lowers nobody where it is worth all that the others
// give.
func (c *comparison) newWay(worth, want int64) Direction {
	if worth >= want {
		return Neither
	}
	return Lowered
}

// newSegment takes people from those that come after it. It lowers nobody where
// it asks at least as much as each of them did, and no condition asks for the
// name of the segment that they were in.
func (c *comparison) newSegment(name string) Direction {
	if c.reads("account", "segment") {
		return Unknown
	}
	mine, at, _ := c.is.Segment(name)
	for _, s := range c.is.Segments[at+1:] {
		old, _, ok := c.was.Segment(s.Name)
		if ok && !c.asStrong(old, mine) {
			return Unknown
		}
	}
	return Raised
}

// asStrong says whether somebody who goes from old to mine is asked for no less.
func (c *comparison) asStrong(old, mine *policy.Segment) bool {
	a, b := &flat{values: map[string]leaf{}, names: map[string][]string{}}, &flat{values: map[string]leaf{}, names: map[string][]string{}}
	a.structure("segments.x", *old, c.was)
	b.structure("segments.x", *mine, c.is)
	sub := comparison{before: a, after: b, was: c.was, is: c.is, old: old}
	sub.values()
	return !slices.ContainsFunc(sub.out, func(ch Change) bool {
		return ch.Lowering() && ch.Path != "segments.x.when" && ch.Path != "segments.x.name"
	})
}

// values compares what is in both.
func (c *comparison) values() {
	var paths []string
	for p := range c.before.values {
		paths = append(paths, p)
	}
	for p := range c.after.values {
		if _, ok := c.before.values[p]; !ok {
			paths = append(paths, p)
		}
	}
	slices.SortFunc(paths, c.byText)
	for _, p := range paths {
		if c.cameOrWent(p) || c.otherSteps(p) {
			continue
		}
		was, is := c.before.values[p], c.after.values[p]
		if was.text == is.text {
			continue
		}
		subject, inside := c.subject(p)
		r := ruleOf(p, inside)
		c.add(p, r.judge(c, p, was, is), was.text, is.text, "%s: %s: %s", subject, cmp.Or(r.words, inside), difference(was, is))
	}
}

// otherSteps: where a procedure has other steps than before, what is in them is
// not compared one by one.
func (c *comparison) otherSteps(path string) bool {
	i := strings.Index(path, ".steps.")
	if i < 0 {
		return false
	}
	steps := path[:i] + ".steps"
	return c.before.values[steps].text != c.after.values[steps].text
}

func (c *comparison) byText(a, b string) int {
	place := func(p string) int {
		if l, ok := c.after.values[p]; ok {
			return l.order
		}
		return c.before.values[p].order
	}
	return cmp.Or(place(a)-place(b), cmp.Compare(a, b))
}

// cameOrWent: things has said it of the whole.
func (c *comparison) cameOrWent(path string) bool {
	for _, k := range kinds {
		rest, ok := strings.CutPrefix(path, k.path+".")
		if !ok {
			continue
		}
		for _, names := range [][]string{c.before.names[k.path], c.after.names[k.path]} {
			for _, n := range names {
				if (rest == n || strings.HasPrefix(rest, n+".")) && !(slices.Contains(c.before.names[k.path], n) && slices.Contains(c.after.names[k.path], n)) {
					return true
				}
			}
		}
	}
	return false
}

// subject is what a path is about, and the path inside it.
func (c *comparison) subject(path string) (subject, inside string) {
	for _, k := range kinds {
		if rest, ok := strings.CutPrefix(path, k.path+"."); ok {
			for _, n := range slices.Concat(c.after.names[k.path], c.before.names[k.path]) {
				if rest == n || strings.HasPrefix(rest, n+".") {
					return k.noun + " " + n, strings.TrimPrefix(strings.TrimPrefix(rest, n), ".")
				}
			}
		}
	}
	top, inside, _ := strings.Cut(path, ".")
	return strings.ToUpper(top[:1]) + top[1:], cmp.Or(inside, path)
}

// order: the first segment that matches counts, so another order puts people
// into other segments.
func (c *comparison) order() {
	var was, is []string
	for _, n := range c.before.names["segments"] {
		if slices.Contains(c.after.names["segments"], n) {
			was = append(was, n)
		}
	}
	for _, n := range c.after.names["segments"] {
		if slices.Contains(was, n) {
			is = append(is, n)
		}
	}
	if !slices.Equal(was, is) {
		c.add("segments", Unknown, strings.Join(was, ", "), strings.Join(is, ", "), "The order of the segments changes: %s", strings.Join(is, ", "))
	}
}

// grades says of each procedure what it is worth now.
func (c *comparison) grades() {
	was, is := grade.Equivalence(c.was), grade.Equivalence(c.is)
	each := func(kind, noun string, before, after policy.Map[*policy.Procedure], of func(*policy.Procedure, policy.Equivalence) grade.Grade) {
		for _, n := range after.Names {
			old, ok := before.Get(n)
			if !ok {
				continue
			}
			a, b := of(old, was).AAL, of(after.Of[n], is).AAL
			if a != b {
				d := Raised
				if b < a {
					d = Lowered
				}
				c.add(kind+"."+n, d, fmt.Sprint(a), fmt.Sprint(b), "%s %s is worth level %d in place of %d", noun, n, b, a)
			}
		}
	}
	each("recovery", "Recovery procedure", c.was.Recovery, c.is.Recovery, grade.Of)
	each("enrolment", "Enrolment procedure", c.was.Enrolment, c.is.Enrolment, grade.OfEnrolment)
}

// scope says whom each change concerns. What no segment uses concerns nobody.
func (c *comparison) scope() {
	for i := range c.out {
		ch := &c.out[i]
		top, rest, _ := strings.Cut(ch.Path, ".")
		var users func(*policy.Document, *policy.Segment) []string
		switch top {
		case "segments":
			if s, _, ok := c.segmentOf(rest); ok {
				ch.Segments = []string{s}
			}
			continue
		case "authenticators":
			users = func(_ *policy.Document, s *policy.Segment) []string { return s.Allow }
		case "recovery":
			users = func(_ *policy.Document, s *policy.Segment) []string { return s.Recovery }
		case "fallbacks":
			users = func(_ *policy.Document, s *policy.Segment) []string { return s.Fallbacks }
		case "providers":
			users = providersOf
		case "roots":
			users = rootsOf
		default:
			continue
		}
		ch.Segments = usedBy(c.was, rest, users)
		for _, n := range usedBy(c.is, rest, users) {
			if !slices.Contains(ch.Segments, n) {
				ch.Segments = append(ch.Segments, n)
			}
		}
		switch {
		case len(ch.Segments) > 0:
		case top == "roots", top == "providers" && c.reads("cred", "provider", "managed"): // they count for everybody
		default:
			ch.Direction = Neither
		}
	}
}

func (c *comparison) segmentOf(rest string) (string, string, bool) {
	for _, n := range slices.Concat(c.after.names["segments"], c.before.names["segments"]) {
		if rest == n || strings.HasPrefix(rest, n+".") {
			return n, strings.TrimPrefix(rest, n), true
		}
	}
	return "", "", false
}

func usedBy(d *policy.Document, rest string, users func(*policy.Document, *policy.Segment) []string) (out []string) {
	for _, s := range d.Segments {
		if slices.ContainsFunc(users(d, s), func(n string) bool { return rest == n || strings.HasPrefix(rest, n+".") }) {
			out = append(out, s.Name)
		}
	}
	return out
}

func providersOf(d *policy.Document, s *policy.Segment) (out []string) {
	for _, n := range s.Allow {
		if k, ok := d.Authenticators.Get(n); ok {
			out = append(out, k.Providers...)
		}
	}
	return out
}

func rootsOf(d *policy.Document, s *policy.Segment) (out []string) {
	for _, n := range s.Allow {
		if k, ok := d.Authenticators.Get(n); ok {
			for _, t := range k.Attestation.Trust {
				if name, ok := t.Pinned(); ok {
					out = append(out, name)
				}
			}
		}
	}
	return out
}
