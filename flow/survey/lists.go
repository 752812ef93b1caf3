package survey

import (
	"context"
	"slices"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/census"
)

// everybody is the census, once everybody was read.
func (f *Flow) everybody(ctx context.Context) (*seen, error) {
	if err := f.onDemand(ctx); err != nil {
		return nil, err
	}
	s := f.look()
	if s == nil || !s.whole {
		p := f.Progress()
		return nil, holdfast.Errorf(holdfast.Unavailable, "survey_loading",
			"The accounts are still being read, %d of %d so far. Ask again in a moment; who can get at one account is answered already.", p.Read, p.Of)
	}
	return s, nil
}

func (s *seen) basis() answer.Basis {
	return answer.Basis{AsOf: s.at.UTC(), PolicyRev: s.policy.Digest(), FactsRev: s.facts}
}

// Which says which accounts are listed.
type Which struct {
	Segment string
	Below   int // effective assurance below this AAL; 0: any
	Verdict exposure.Verdict
	Profile exposure.Profile // this adversary gets in
	Singles bool             // has a single point
	Phr     bool             // phishing resistance is missing where it is required
}

func (w Which) filter() census.Filter {
	return census.Filter{Segment: w.Segment, Below: w.Below, Verdict: w.Verdict, Profile: w.Profile, Singles: w.Singles, Phr: w.Phr}
}

// A List is one page of a list, and what it rests on.
type List[T any] struct {
	answer.Basis
	Items []T
	Next  string // where the list goes on; empty: nowhere
}

// Effective lists accounts and what they are worth, by id, from behind one.
func (f *Flow) Effective(ctx context.Context, w Which, after holdfast.PersonID, limit int) (List[answer.Row], error) {
	s, err := f.everybody(ctx)
	if err != nil {
		return List[answer.Row]{}, err
	}
	if err := s.knows(w.Segment); err != nil {
		return List[answer.Row]{}, err
	}
	standings, next := s.census.Each(w.filter(), after, limit)
	out := List[answer.Row]{Basis: s.basis(), Next: string(next)}
	cases, err := f.cases(ctx, s, idsOf(standings), answer.Look)
	if err != nil {
		return out, err
	}
	for _, st := range standings {
		c := cases[st.ID]
		if c == nil {
			continue // it went since
		}
		out.Items = append(out.Items, row(c, st))
	}
	return out, nil
}

func row(c *answer.Case, st census.Standing) answer.Row {
	r := answer.Row{Subject: c.Subject, Effective: worth(st.Worst), Verdict: st.Verdict, Singles: st.Singles, Available: st.Available,
		Profiles: append([]string{}, st.Profiles.Names()...)}
	if who := c.Who(); len(who.Ways) > 0 {
		r.Weakest = who.Ways[0].Sentence
	}
	return r
}

func worth(e exposure.Effective) answer.Worth {
	return answer.Worth{AAL: e.AAL, Phr: e.Phr, Contest: e.Contest.String()}
}

// knows refuses a segment that the policy does not have.
func (s *seen) knows(segment string) error {
	if segment == "" {
		return nil
	}
	var names []string
	for _, seg := range s.policy.Document().Segments {
		names = append(names, seg.Name)
	}
	if slices.Contains(names, segment) {
		return nil
	}
	return holdfast.Errorf(holdfast.NotFound, "no_such_segment", "The policy has no segment %.100q. It has %s.", segment, commas(names))
}

func idsOf(standings []census.Standing) []holdfast.PersonID {
	out := make([]holdfast.PersonID, len(standings))
	for i := range standings {
		out[i] = standings[i].ID
	}
	return out
}

// cases reads and examines accounts.
func (f *Flow) cases(ctx context.Context, s *seen, ids []holdfast.PersonID, examine way) (map[holdfast.PersonID]*answer.Case, error) {
	held, err := f.Store.Held(ctx, ids)
	if err != nil {
		return nil, err
	}
	o, out := s.census.Organisation(), make(map[holdfast.PersonID]*answer.Case, len(held))
	for _, h := range held {
		c, err := examine(s.basis(), o, o.From(h))
		if err != nil {
			return nil, err
		}
		out[h.Person.ID] = c
	}
	return out, nil
}

// Residual lists who left and whose things still open a session, by id, from
// behind one.
func (f *Flow) Residual(ctx context.Context, after holdfast.PersonID, limit int) (List[answer.Left], error) {
	s, err := f.everybody(ctx)
	if err != nil {
		return List[answer.Left]{}, err
	}
	out := List[answer.Left]{Basis: s.basis()}
	var ids []holdfast.PersonID
	for _, l := range s.census.Residual() {
		if l.ID > after {
			ids = append(ids, l.ID)
		}
	}
	if len(ids) > limit {
		ids = ids[:limit]
		out.Next = string(ids[limit-1])
	}
	cases, err := f.cases(ctx, s, ids, answer.Look)
	if err != nil {
		return out, err
	}
	for _, id := range ids {
		if c := cases[id]; c != nil {
			if l, ok := c.Left(); ok {
				out.Items = append(out.Items, l)
			}
		}
	}
	return out, nil
}
