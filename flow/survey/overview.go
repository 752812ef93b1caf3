package survey

import (
	"context"
	"fmt"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
)

// tops is how many of the greatest blasts are shown.
const tops = 20

// Overview is the organisation. While everybody is being read it says how far
// that is, and counts nobody.
func (f *Flow) Overview(ctx context.Context) (answer.Overview, error) {
	if err := f.onDemand(ctx); err != nil {
		return answer.Overview{}, err
	}
	s := f.look()
	if s == nil || !s.whole {
		return f.loading(), nil
	}
	v := s.census.Overview()
	out := answer.Overview{Basis: s.basis(), Accounts: v.Accounts, Segments: append([]answer.Histogram{}, v.Segments...), Matrix: append([]answer.Cell{}, v.Matrix...),
		Top: []answer.Blast{}, Learn: append([]answer.Count{}, v.Learn...), Verdicts: append([]answer.Count{}, v.Verdicts...), Singles: v.Singles}
	for _, t := range s.census.Top(tops) {
		b := answer.Blast{Basis: out.Basis, Node: s.things([]string{t.Node})[0], Accounts: t.Accounts, Through: t.Through.Accounts, Privileged: t.Privileged, Weighted: t.Weighted,
			OneMore: t.OneMore, Segments: append([]answer.Count{}, t.Segments...), Powers: s.things(t.Powers), Some: []string{}}
		for _, id := range t.IDs {
			b.Some = append(b.Some, string(id))
		}
		b.Sentence = s.sentence(&b)
		out.Top = append(out.Top, b)
	}
	out.Sentence = summary(&out, v.Left)
	return out, nil
}

func (f *Flow) loading() answer.Overview {
	p := f.Progress()
	out := answer.Overview{Loading: true, Segments: []answer.Histogram{}, Matrix: []answer.Cell{}, Top: []answer.Blast{}, Learn: []answer.Count{}, Verdicts: []answer.Count{}}
	out.AsOf = f.Clock().UTC()
	out.Sentence = fmt.Sprintf("The accounts are being read: %s of %s so far.", grouped(p.Read), grouped(p.Of))
	return out
}

// summary says the organisation in a line or two.
func summary(o *answer.Overview, left int64) string {
	if o.Accounts == 0 {
		return "There are no accounts yet."
	}
	pass := int64(0)
	for _, v := range o.Verdicts {
		if v.Name == string(exposure.Pass) {
			pass = v.Count
		}
	}
	text := fmt.Sprintf("%s of %s are worth what the policy asks.", grouped(pass), accounts(o.Accounts))
	if o.Singles > 0 {
		text += fmt.Sprintf(" %s can be taken over with one thing alone.", grouped(o.Singles))
	}
	if left > 0 {
		text += fmt.Sprintf(" %s who left can still sign in.", grouped(left))
	}
	if len(o.Learn) > 0 {
		text += fmt.Sprintf(" The fact to learn first: %s (%s).", o.Learn[0].Name, accounts(o.Learn[0].Count))
	}
	return text
}
