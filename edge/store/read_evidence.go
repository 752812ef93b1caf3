package store

import (
	"context"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/decision"
	"holdfast/domain/evidence"
	"holdfast/domain/posture"
	"holdfast/domain/task"
)

// What the console's pages about evidence and policy read.

// JudgementsByID gives how these credentials were judged last; one that was not
// yet is missing.
func (r reader) JudgementsByID(ctx context.Context, ids []holdfast.CredentialID) (map[holdfast.CredentialID]evidence.Judgement, error) {
	var c conditions
	among(&c, "id", ids)
	judged, err := list[evidence.Judgement](ctx, r, c.where(), c.args...)
	out := make(map[holdfast.CredentialID]evidence.Judgement, len(judged))
	for _, j := range judged {
		out[j.ID] = j
	}
	return out, err
}

// CredentialsByID gives the credentials that there are of ids.
func (r reader) CredentialsByID(ctx context.Context, ids []holdfast.CredentialID) (map[holdfast.CredentialID]credential.Record, error) {
	var c conditions
	among(&c, "id", ids)
	creds, err := list[credential.Record](ctx, r, c.where(), c.args...)
	out := make(map[holdfast.CredentialID]credential.Record, len(creds))
	for _, k := range creds {
		out[k.ID] = k
	}
	return out, err
}

// DecisionsWhere lists decisions, the newest first, and says whether there are
// more in the direction of k. code is that of the first reason; empty is any.
func (r reader) DecisionsWhere(ctx context.Context, f DecisionList, code string, k Span) ([]decision.Record, bool, error) {
	c := f.conditions()
	if code != "" {
		c.add("code = %s", code)
	}
	where := order{table: "decision", columns: []string{"$at", "$id"}, desc: true}.span(c, k)
	found, err := list[decision.Record](ctx, r, where, c.args...)
	return trim(k, found, err)
}

// CountDecisionsWhere counts them, up to most and one more; 0 is all.
func (r reader) CountDecisionsWhere(ctx context.Context, f DecisionList, code string, most int64) (int64, error) {
	c := f.conditions()
	if code != "" {
		c.add("code = %s", code)
	}
	return r.count(ctx, "decision"+c.where(), most, c.args...)
}

// TasksWhere lists tasks of a state, or of any where it is empty, the oldest
// first.
func (r reader) TasksWhere(ctx context.Context, s task.State, k Span) ([]task.Record, bool, error) {
	c := tasksOf(s)
	where := order{table: "task", columns: []string{"$opened", "$id"}}.span(c, k)
	found, err := list[task.Record](ctx, r, where, c.args...)
	return trim(k, found, err)
}

// CountTasksWhere counts them, up to most and one more; 0 is all.
func (r reader) CountTasksWhere(ctx context.Context, s task.State, most int64) (int64, error) {
	c := tasksOf(s)
	return r.count(ctx, "task"+c.where(), most, c.args...)
}

func tasksOf(s task.State) *conditions {
	c := &conditions{}
	if s == task.Open {
		c.texts = append(c.texts, "state = 'open'") // of an index
	} else if s != "" {
		c.add("state = %s", string(s))
	}
	return c
}

// TaskOf is the open task about a credential; NotFound: there is none.
func (r reader) TaskOf(ctx context.Context, id holdfast.CredentialID) (task.Record, error) {
	return get[task.Record](ctx, r, "where credential = $1 and state = 'open'", string(id))
}

// ManagedDevicesWhere lists the organisation's devices by id: those whose id,
// or whose person, begins with text.
func (r reader) ManagedDevicesWhere(ctx context.Context, text string, k Span) ([]posture.Device, bool, error) {
	c := devicesWhere(text)
	where := order{table: "managed_device", columns: []string{"$id"}}.span(c, k)
	found, err := list[posture.Device](ctx, r, where, c.args...)
	return trim(k, found, err)
}

// CountManagedDevicesWhere counts them, up to most and one more; 0 is all.
func (r reader) CountManagedDevicesWhere(ctx context.Context, text string, most int64) (int64, error) {
	c := devicesWhere(text)
	return r.count(ctx, "managed_device"+c.where(), most, c.args...)
}

func devicesWhere(text string) *conditions {
	c := &conditions{}
	c.texts = append(c.texts, "removed = 0")
	if text != "" {
		owners := c.called("person", text)
		from, to := c.arg(text), c.arg(text+"\U0010ffff")
		low, high := c.arg(lower(text)), c.arg(lower(text)+"\U0010ffff")
		c.texts = append(c.texts, "(person <> '' and "+owners+" or id >= "+from+" and id < "+to+
			" or lower(name) >= "+low+" and lower(name) < "+high+")")
	}
	return c
}

// PasskeysMadeOn counts the credentials that were made on each of these managed
// devices and were not removed.
func (r reader) PasskeysMadeOn(ctx context.Context, devices []string) (map[string]int64, error) {
	var c conditions
	on := make([]string, len(devices))
	for i, d := range devices {
		on[i] = credential.OnManaged + d
	}
	among(&c, "made_on", on)
	c.texts = append(c.texts, "substr(made_on, 1, 8) = 'managed:'", "status <> 'removed'")
	by, err := counts[string](ctx, r.q, "select made_on, count(*) from credential"+c.where()+" group by made_on", c.args...)
	out := make(map[string]int64, len(by))
	for on, n := range by {
		out[on[len(credential.OnManaged):]] = n
	}
	return out, err
}

// RefusalCodes are the reasons of the latest refusals, at most of limit of them.
func (r reader) RefusalCodes(ctx context.Context, limit int) (map[string]int64, error) {
	return counts[string](ctx, r.q, `select code, count(*) from (select code from decision where outcome <> 'allow'
		order by at desc, id desc limit $1) as latest group by code`, limit)
}
