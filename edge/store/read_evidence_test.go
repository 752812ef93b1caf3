package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/decision"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/posture"
	"holdfast/domain/task"
	"holdfast/edge/store"
)

func TestCredentialsByEvidence(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		ada := d.person("ada", time.Time{})
		d.credential("proven", ada, credential.Active, false, "x", "session:s")
		d.credential("claimed", ada, credential.Active, false, "x", "session:s")
		d.credential("synced", ada, credential.Active, true, "x", "session:s")
		half := d.now.Add(time.Millisecond)
		d.credential("unjudged", ada, credential.Active, false, "x", "session:s")
		on := d.credential("ondevice", ada, credential.Active, false, "x", "session:s")
		on.MadeOn = credential.OnManaged + "LT-1"
		d.record([]audit.Event{audit.New("credential.enrolled", string(on.ID), ada.ID, audit.Set(&on))}, nil)
		judge := func(id, kind string, statuses ...string) {
			d.record(evidence.Judged(evidence.Judgement{}, evidence.Judgement{ID: holdfast.CredentialID(id), Person: ada.ID, Kind: kind, Statuses: statuses, At: d.now}), nil)
		}
		judge("proven", "verified", "FIDO_CERTIFIED_L2", "REVOKED")
		judge("claimed", "self")
		judge("synced", "verified", "USER_KEY_REMOTE_COMPROMISE") // an attested one that may leave: no proof of staying
		for _, c := range []struct {
			what string
			f    store.CredentialFilter
			ids  string
		}{
			{"proven to stay", store.CredentialFilter{Proof: store.Proven}, "proven"},
			{"only claimed", store.CredentialFilter{Proof: store.Claimed}, "ondevice unjudged claimed"},
			{"revoked", store.CredentialFilter{Report: []string{"REVOKED"}}, "proven"},
			{"two statuses", store.CredentialFilter{Report: []string{"REVOKED", "USER_KEY_REMOTE_COMPROMISE"}}, "synced proven"},
			{"a part of a status", store.CredentialFilter{Report: []string{"REVOKE"}}, ""},
			{"a pattern", store.CredentialFilter{Report: []string{"%"}}, ""},
			{"older", store.CredentialFilter{Before: half}, "synced claimed proven"},
			{"made on a managed device", store.CredentialFilter{MadeOn: store.MadeOnManaged}, "ondevice"},
			{"all at once", store.CredentialFilter{Proof: store.Proven, Report: []string{"REVOKED"}, Before: half, MadeOn: store.MadeOnUnknown}, "proven"},
		} {
			found := walk(t, c.what, func(k credential.Record) string { return string(k.ID) },
				func(k store.Span) ([]credential.Record, bool, error) { return d.CredentialsWhere(ctx, c.f, k) })
			want(t, c.what, c.ids, strings.Join(found, " "))
			n := int64(0)
			for _, alike := range must[[]store.CredentialCount](t)(d.CountCredentialsWhere(ctx, c.f)) {
				n += alike.N
			}
			want(t, c.what+": counted", int64(len(found)), n)
		}
		judged := must[map[holdfast.CredentialID]evidence.Judgement](t)(d.JudgementsByID(ctx, []holdfast.CredentialID{"proven", "unjudged"}))
		if len(judged) != 1 || judged["proven"].Kind != "verified" {
			t.Errorf("judgements by id: %v", judged)
		}
		want(t, "made on", int64(1), must[map[string]int64](t)(d.PasskeysMadeOn(ctx, []string{"LT-1", "LT-2"}))["LT-1"])
	})
}

func TestDecisionsTasksAndDevices(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		ada, bob := d.person("ada", time.Time{}), d.person("bob", time.Time{})
		decided := func(id string, p person.Record, op policy.Op, o policy.Outcome, code string) {
			d.now = d.now.Add(time.Second)
			r := decision.Record{ID: holdfast.DecisionID(id), Op: op, Person: p.ID, Outcome: o, Code: code, At: d.now}
			d.record([]audit.Event{decision.Refused(r)}, nil)
		}
		decided("d1", ada, policy.SignIn, policy.Allow, "")
		decided("d2", ada, policy.SignIn, policy.Deny, "not_attested")
		decided("d3", bob, policy.Enrol, policy.Deny, "not_attested")
		decided("d4", bob, policy.SignIn, policy.Need, "device")
		decided("d5", ada, policy.SignIn, policy.Allow, "")
		for _, c := range []struct {
			what, code string
			f          store.DecisionList
			ids        string
		}{
			{"refusals", "", store.DecisionList{}, "d4 d3 d2"},
			{"of ada, all", "", store.DecisionList{Person: ada.ID}, "d5 d2 d1"},
			{"of ada, refused", "", store.DecisionList{Person: ada.ID, Refused: true}, "d2"},
			{"by a reason", "not_attested", store.DecisionList{}, "d3 d2"},
			{"that need more", "", store.DecisionList{Outcome: policy.Need}, "d4"},
			{"to enrol", "", store.DecisionList{Op: policy.Enrol}, "d3"},
			{"none that allowed, of everybody", "", store.DecisionList{Outcome: policy.Allow}, ""},
		} {
			found := walk(t, c.what, func(r decision.Record) string { return string(r.ID) },
				func(k store.Span) ([]decision.Record, bool, error) { return d.DecisionsWhere(ctx, c.f, c.code, k) })
			want(t, c.what, c.ids, strings.Join(found, " "))
			want(t, c.what+": counted", int64(len(found)), must[int64](t)(d.CountDecisionsWhere(ctx, c.f, c.code, 0)))
		}
		want(t, "reasons", "map[device:1 not_attested:2]", fmt.Sprint(must[map[string]int64](t)(d.RefusalCodes(ctx, 10))))
		want(t, "the latest reason", "map[device:1]", fmt.Sprint(must[map[string]int64](t)(d.RefusalCodes(ctx, 1))))

		var first task.Record
		for i := range 4 {
			d.now = d.now.Add(time.Second)
			tk, events := task.New(ada.ID, holdfast.CredentialID(fmt.Sprint("k", i)), task.NotAccepted, "segment:x", time.Time{}, d.now)
			d.record(events, nil)
			if i == 0 {
				first = tk
			}
		}
		_, events, err := task.Finish(first, "task.done", d.now)
		d.record(events, err)
		for s, n := range map[task.State]int{task.Open: 3, task.Done: 1, task.Cancelled: 0, "": 4} {
			found := walk(t, string(s), func(r task.Record) string { return string(r.ID) },
				func(k store.Span) ([]task.Record, bool, error) { return d.TasksWhere(ctx, s, k) })
			want(t, "tasks "+string(s), n, len(found))
			want(t, "tasks counted "+string(s), int64(n), must[int64](t)(d.CountTasksWhere(ctx, s, 0)))
		}
		if _, err := d.TaskOf(ctx, "k0"); holdfast.KindOf(err) != holdfast.NotFound {
			t.Errorf("a task that is done: %v", err)
		}
		if tk, err := d.TaskOf(ctx, "k1"); err != nil || tk.Credential != "k1" {
			t.Errorf("%v, %v", tk, err)
		}

		for id, who := range map[string]holdfast.PersonID{"LT-1": ada.ID, "LT-2": "", "PH-1": bob.ID} {
			name := "Name of " + id
			_, _, events, err := posture.Take(posture.Device{}, id, time.Time{}, posture.Report{OS: "linux", Managed: true, Person: &who, Name: &name}, holdfast.Actor{Kind: holdfast.ActorSystem}, d.now)
			d.record(events, err)
		}
		for text, ids := range map[string]string{"": "LT-1 LT-2 PH-1", "LT": "LT-1 LT-2", "ADA": "LT-1", "name of ph": "PH-1", "nobody": ""} {
			found := walk(t, text, func(v posture.Device) string { return v.ID },
				func(k store.Span) ([]posture.Device, bool, error) { return d.ManagedDevicesWhere(ctx, text, k) })
			want(t, "devices "+text, ids, strings.Join(found, " "))
			want(t, "devices counted "+text, int64(len(found)), must[int64](t)(d.CountManagedDevicesWhere(ctx, text, 0)))
		}
	})
}
