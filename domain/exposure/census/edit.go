package census

import (
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/rules"
)

// Edited says what an edit would do to everybody: Count for a change of the
// facts. One that is about a single passkey, or a single declaration, touches
// nobody here: in shapes they have other names.
func (v *View) Edited(e answer.Edit) Counted {
	if v.k == nil {
		return Counted{}
	}
	org := e.Organisation(v.k.org)
	k := newCore(org, e.Core(org), v.k.assessed)
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
		var a rules.Account
		var g exposure.Graph
		if a = list[i].account; !hasGoal(k, a.ID) {
			a, g = e.Own(org, a)
		} else {
			g = org.Of(a)
		}
		after[i], _ = k.evaluateGraph(&a, g, r)
	})
	var out Counted
	for _, s := range v.shapes.all {
		if s.count == 0 {
			continue
		}
		w := &after[at[s.base]]
		switch {
		case e.Lifts(w.required, s.worst, w.worst, s.available, w.available):
			out.Lifted += s.count
		case w.verdict != exposure.Pass && s.verdict == exposure.Pass:
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

// hasGoal says whether an account is of the core.
func hasGoal(k *core, id string) bool {
	_, ok := k.goal[id]
	return ok
}
