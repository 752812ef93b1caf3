package rejudge

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/task"
)

// Grace is how long a passkey works on whose model the metadata warns of. What
// lets others sign in with copied keys is quicker. Nothing is at once: who
// wants that denies the model in the policy, which is a decision that people
// approve.
func Grace(statuses []string) time.Duration {
	for _, s := range statuses {
		switch s {
		case "USER_KEY_REMOTE_COMPROMISE", "ATTESTATION_KEY_COMPROMISE":
			return 72 * time.Hour
		}
	}
	return 14 * 24 * time.Hour
}

// plan is what a verdict makes of somebody.
type plan struct {
	judged  []key
	finish  []ended
	open    []opening
	suspend []suspension
	spared  int
}

type ended struct {
	t  task.Record
	by audit.Type
}

type opening struct {
	c           credential.Record
	why, detail string
	due         time.Time
	suspend     bool // at once
}

type suspension struct {
	c credential.Record
	t task.Record // that goes with it
}

func (p plan) empty() bool {
	return len(p.judged) == 0 && len(p.finish) == 0 && len(p.open) == 0 && len(p.suspend) == 0
}

// changes says whether v may make anything of s. The last administrator is not
// looked for: that is done in the transaction.
func (v verdict) changes(s Subject, now time.Time) bool {
	if len(s.Tasks) == 0 && !slices.ContainsFunc(v.keys, func(k key) bool { return !k.works() || k.fresh != nil }) {
		return false
	}
	return !v.plan(s, false, false, now).empty()
}

// plan says what becomes of s. last says that nobody else administers who can
// sign in; byPolicy that the organisation itself changed by what attestations
// are judged.
func (v verdict) plan(s Subject, last, byPolicy bool, now time.Time) plan {
	var p plan
	spared := v.spare(last)
	s.Tasks = p.finishTasks(s, v)
	for _, k := range v.keys {
		open, staged := taskOf(s.Tasks, k.c.ID), stagedOf(s.Tasks, k.c.ID)
		goes, held := k.goes(&s, byPolicy, now), k.held(staged, byPolicy)
		if k.fresh != nil && (!held || goes) {
			p.judged = append(p.judged, k)
		}
		switch {
		case slices.ContainsFunc(p.suspend, func(o suspension) bool { return o.c.ID == k.c.ID }): // its task is done
		case goes && k.c.ID == spared:
			p.spared++
			if open == nil {
				p.open = append(p.open, opening{c: k.c, why: task.LastWay, detail: v.what(k)})
			}
		case goes:
			p.end(k, v.what(k), open, staged)
		case held || k.now.accepted && len(k.now.statuses) > 0:
			p.stage(k, v.what(k), open, staged, now)
		}
	}
	return p
}

// end suspends a passkey. One that was told a day goes with the task that said
// so, and one that somebody reinstated with the task that it had.
func (p *plan) end(k key, detail string, open, staged *task.Record) {
	switch {
	case staged != nil && (k.now.accepted || k.old.accepted):
		p.suspend = append(p.suspend, suspension{k.c, *staged})
		return
	case open != nil && open.Why == task.NotAccepted:
		p.suspend = append(p.suspend, suspension{k.c, *open})
		return
	case open != nil:
		p.finish = append(p.finish, ended{*open, "task.cancelled"})
	}
	p.open = append(p.open, opening{c: k.c, why: task.NotAccepted, detail: detail, suspend: true})
}

// stage gives a passkey until the day that was told, once: a task that was
// closed meanwhile makes that day no later.
func (p *plan) stage(k key, detail string, open, staged *task.Record, now time.Time) {
	switch {
	case open != nil || staged != nil && staged.State == task.Done:
	case staged != nil:
		p.open = append(p.open, opening{c: k.c, why: task.Status, detail: detail, due: staged.Due})
	default:
		p.open = append(p.open, opening{c: k.c, why: task.Status, detail: detail, due: now.Add(Grace(k.now.statuses))})
	}
}

// what is by which rule, or for which statuses, a passkey is not accepted.
func (v verdict) what(k key) string {
	a := k.now
	switch {
	case a.accepted:
		return strings.Join(a.statuses, ", ")
	case len(a.reasons) == 0:
		return "segment:" + v.segment
	}
	return "segment:" + v.segment + ", " + a.reasons[0].Rule + ": " + a.reasons[0].Code
}

// finishTasks closes tasks whose passkey or person is gone, and those that were
// done: somebody made another passkey since, which is accepted. It gives the
// tasks as they stand then.
func (p *plan) finishTasks(s Subject, v verdict) []task.Record {
	after := slices.Clone(s.Tasks)
	for n, t := range s.Tasks {
		if t.State != task.Open {
			continue
		}
		i := slices.IndexFunc(s.Credentials, func(c credential.Record) bool { return c.ID == t.Credential })
		var by audit.Type
		switch {
		case s.Person.Status == person.Erased || i < 0 || s.Credentials[i].Status == credential.Removed:
			by = "task.cancelled"
		case slices.ContainsFunc(v.keys, func(k key) bool { return k.works() && k.c.ID != t.Credential && k.c.Created.After(t.Opened) }):
			by = "task.done"
			if t.Why == task.LastWay && s.Credentials[i].Status == credential.Active && !v.accepts(t.Credential) {
				p.suspend = append(p.suspend, suspension{s.Credentials[i], t}) // it is the last one no more
			}
		default:
			continue
		}
		after[n].State, _ = task.Life.Next(t.State, by)
		p.finish = append(p.finish, ended{t, by})
	}
	return after
}

func (v verdict) accepts(id holdfast.CredentialID) bool {
	return slices.ContainsFunc(v.keys, func(k key) bool { return k.c.ID == id && k.now.accepted })
}

// spare is the passkey that stays although it is not accepted: the one that was
// used last, of the last administrator, who would have none.
func (v verdict) spare(last bool) holdfast.CredentialID {
	if !last || len(v.keys) == 0 {
		return ""
	}
	return slices.MaxFunc(v.keys, func(a, b key) int {
		return cmp.Or(a.c.LastUsed.Compare(b.c.LastUsed), a.c.Created.Compare(b.c.Created), cmp.Compare(a.c.ID, b.c.ID))
	}).c.ID
}

// taskOf is the open task of a passkey.
func taskOf(tasks []task.Record, c holdfast.CredentialID) *task.Record {
	for i, t := range tasks {
		if t.Credential == c && t.State == task.Open {
			return &tasks[i]
		}
	}
	return nil
}

// stagedOf is the last staged task of a passkey, of any state.
func stagedOf(tasks []task.Record, c holdfast.CredentialID) (out *task.Record) {
	for i, t := range tasks {
		if t.Credential == c && t.Why == task.Status && (out == nil || !t.Due.After(out.Due)) {
			out = &tasks[i]
		}
	}
	return out
}
