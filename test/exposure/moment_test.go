package exposure

import (
	"testing"
	"time"

	"holdfast/domain/person"
	"holdfast/edge/store/storetest"
	"holdfast/flow/govern"
	"holdfast/test/organisation"
)

// Answers are as of when they are given, also where nothing happened for long.
func TestAnswersAreAsOfNow(t *testing.T) {
	ctx, p := t.Context(), newPlace(t, storetest.SQLite(t))
	p.apply(t, organisation.PolicyText())
	l, err := p.govern.Invite(ctx, host, govern.Guest{New: person.New{Name: "Ada", Email: "ada@example.org"}})
	must(t, err)
	p.passkey(t, l.Person, hardware, "Key")
	f := p.survey()
	for _, later := range []time.Duration{0, time.Minute, time.Hour, 400 * 24 * time.Hour} { // past what is due, too
		p.wait(later)
		o, err := f.Overview(ctx)
		must(t, err)
		w, err := f.WhoCan(ctx, string(l.Person.ID))
		must(t, err)
		b, err := f.Blast(ctx, string(l.Person.ID), "", 1)
		must(t, err)
		for what, at := range map[string]time.Time{"the overview": o.AsOf, "who can": w.AsOf, "the blast": b.AsOf, "the progress": f.Progress().AsOf} {
			if !at.Equal(p.Now()) {
				t.Errorf("%s later %s is as of %s, which is not %s", later, what, at, p.Now())
			}
		}
	}
}
