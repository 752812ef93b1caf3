package census

import (
	"cmp"
	"slices"
	"strings"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
)

// standing of an account.
func (v *View) standing(i uint32) (Standing, bool) {
	p := v.places.at(i)
	n := p.shape
	if n == noShape {
		return Standing{}, false
	}
	s := v.shapes.at(n)
	return Standing{ID: holdfast.PersonID(v.ids.at(i)), Segment: s.segment, Required: s.required, Privileged: s.privileged, Core: s.core,
		Worst: s.worst, Best: s.best, Verdict: s.verdict, NIST: s.nist, Singles: s.singles, Available: s.available, Profiles: s.profiles,
		Truncated: s.truncated, Left: holdfast.FromMicros(v.lefts[p.left]), Opens: s.opens, Shape: n}, true
}

// Of is one account.
func (v *View) Of(id holdfast.PersonID) (Standing, bool) {
	i, ok := v.find(id)
	if !ok {
		return Standing{}, false
	}
	return v.standing(i)
}

// Each lists accounts by id, at most limit of them, from behind after on. next
// asks for more; empty: there are no more.
func (v *View) Each(f Filter, after holdfast.PersonID, limit int) (list []Standing, next holdfast.PersonID) {
	fits := make([]bool, v.shapes.n)
	for n, s := range v.shapes.all {
		fits[n] = f.fits(s)
	}
	for i := range v.inOrder(string(after)) {
		p := v.places.at(i)
		if n := p.shape; n == noShape || !fits[n] || f.Left && p.left == 0 {
			continue
		}
		if len(list) == limit {
			if limit == 0 {
				return nil, after
			}
			return list, list[limit-1].ID
		}
		s, _ := v.standing(i)
		list = append(list, s)
	}
	return list, ""
}

// fits says what the shape tells.
func (f *Filter) fits(s *shape) bool {
	return s.count > 0 && (f.Segment == "" || f.Segment == s.segment) && (f.Below == 0 || s.worst.AAL < f.Below && s.required != (exposure.Required{})) &&
		(f.Verdict == "" || f.Verdict == s.verdict) && (f.Profile == "" || s.profiles.Has(f.Profile)) && (!f.Singles || s.singles > 0) &&
		(!f.Left || s.opens) && (!f.Phr || s.required.Phr && !s.worst.Phr)
}

// Overview counts everybody.
func (v *View) Overview() Overview {
	out := Overview{At: v.at, Core: v.core}
	bySegment := map[string]*answer.Histogram{}
	falls := map[string][]int64{}
	verdicts, learn := map[exposure.Verdict]int64{}, map[string]int64{}
	for _, s := range v.shapes.all {
		if s.count == 0 {
			continue
		}
		out.Shapes++
		out.Accounts += s.count
		h := bySegment[s.segment]
		if h == nil {
			h = &answer.Histogram{Segment: s.segment, Required: answer.RequiredIn(v.policy(), s.segment), Verdicts: map[exposure.Verdict]int64{}}
			bySegment[s.segment], falls[s.segment] = h, make([]int64, len(exposure.Profiles()))
		}
		h.Accounts += s.count
		h.AAL[s.worst.AAL] += s.count
		h.Verdicts[s.verdict] += s.count
		verdicts[s.verdict] += s.count
		if s.worst.Phr {
			h.Phr += s.count
		}
		if s.singles > 0 {
			out.Singles += s.count
		}
		for p := range falls[s.segment] {
			if s.profiles&(1<<p) != 0 {
				falls[s.segment][p] += s.count
			}
		}
		for _, fact := range s.learn {
			learn[fact] += s.count
		}
	}
	for _, name := range v.segments() {
		if h := bySegment[name]; h != nil {
			out.Segments = append(out.Segments, *h)
			for p, profile := range exposure.Profiles() {
				out.Matrix = append(out.Matrix, answer.Cell{Segment: name, Profile: string(profile), Falls: falls[name][p], Of: h.Accounts})
			}
		}
	}
	for _, v := range []exposure.Verdict{exposure.Pass, exposure.NISTOnly, exposure.Fail, exposure.FailUnknown} {
		out.Verdicts = append(out.Verdicts, answer.Count{Name: string(v), Count: verdicts[v]})
	}
	for fact, n := range learn {
		out.Learn = append(out.Learn, answer.Count{Name: fact, Count: n})
	}
	slices.SortFunc(out.Learn, func(a, b answer.Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name))
	})
	for _, p := range v.places.all {
		if p.left != 0 && p.shape != noShape && v.shapes.at(p.shape).opens {
			out.Left++
		}
	}
	return out
}

// Residual lists who left and whose things still open a session, by id.
func (v *View) Residual() []Leaver {
	var out []Leaver
	for i, p := range v.places.all {
		if p.left == 0 {
			continue
		}
		if s, ok := v.standing(uint32(i)); ok && s.Opens {
			out = append(out, Leaver{Standing: s, Since: s.Left})
		}
	}
	slices.SortFunc(out, func(a, b Leaver) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return out
}

// Count says what a change of the graphs would do: change is given the core's
// graph and each shape's own, which it must not touch, and returns what takes its
// place. In the graph of a shape the account's own things go under other names
// (rules.Canon): a change tells edges by what they were made of (Edge.Of,
// their Rule), not by names with "~".
func (v *View) Count(change func(exposure.Graph) exposure.Graph) Counted {
	if v.k == nil {
		return Counted{}
	}
	k := newCore(v.k.org, change(v.k.graph), v.k.assessed)
	var list []*base
	at := map[*base]int{}
	for _, s := range v.shapes.all {
		if _, ok := at[s.base]; !ok && s.count > 0 {
			at[s.base] = len(list)
			list = append(list, s.base)
		}
	}
	after := make([]worth, len(list))
	each(len(list), func(i int, r *room) {
		a := &list[i].account
		after[i], _ = k.evaluateGraph(a, change(v.k.org.Of(*a)), r)
	})
	var out Counted
	for _, s := range v.shapes.all {
		if s.count == 0 {
			continue
		}
		w := &after[at[s.base]]
		if w.verdict == exposure.Pass && s.verdict != exposure.Pass {
			out.Lifted += s.count
		}
		if w.verdict != exposure.Pass && s.verdict == exposure.Pass {
			out.Lowered += s.count
		}
		if w.ways < s.ways && w.ways <= 1 {
			out.Lockout += s.count
		}
		if w.worst.AAL != s.worst.AAL || w.worst.Phr != s.worst.Phr || w.verdict != s.verdict {
			out.Moved += s.count
		}
	}
	return out
}
