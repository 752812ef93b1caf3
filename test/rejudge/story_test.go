package rejudge

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/notice"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/task"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
	"holdfast/flow/rejudge"
)

// engines runs a story on both.
func engines(t *testing.T, story func(*testing.T, *World)) {
	t.Run("SQLite", func(t *testing.T) { t.Parallel(); story(t, New(t, storetest.SQLite(t))) })
	t.Run("PostgreSQL", func(t *testing.T) { t.Parallel(); story(t, New(t, storetest.Postgres(t))) })
}

func is[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

const open, done, cancelled = " open", " done", " cancelled"

func TestPromotionIntoASegmentWithoutSync(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		w.Join(t, person.Administrator).Hardware(t)
		ada, bob := w.Join(t, ""), w.Join(t, "")
		synced, key := ada.Synced(t), ada.Hardware(t)
		his := bob.Synced(t)
		bySynced, byKey, bobs := ada.SignIn(t, synced), ada.SignIn(t, key), bob.SignIn(t, his)
		w.Settle(t)
		is(t, "tasks before", ada.Tasks(t), nil)

		ada.Into(t, "surgeons")
		w.Settle(t)
		is(t, "the synced passkey", w.Status(t, synced), credential.Suspended)
		is(t, "the hardware key", w.Status(t, key), credential.Active)
		is(t, "the session by the synced passkey", w.Ended(t, bySynced), session.NotAccepted)
		is(t, "the session by the hardware key", w.Ended(t, byKey), "")
		is(t, "Bob's", w.Status(t, his), credential.Active)
		is(t, "Bob's session", w.Ended(t, bobs), "")
		tasks := ada.AllTasks(t)
		if len(tasks) != 1 || tasks[0].Credential != synced.ID || tasks[0].Why != task.NotAccepted || !strings.Contains(tasks[0].Detail, "surgeons") {
			t.Fatalf("tasks are %+v", tasks)
		}
		c, err := w.DB.Credential(t.Context(), synced.ID)
		must(t, err)
		is(t, "what it was suspended for", c.SuspendedBy, string(tasks[0].ID))
		mails, err := w.DB.Mails(t.Context(), 10)
		must(t, err)
		if !slices.ContainsFunc(mails, func(m notice.Mail) bool {
			return m.To == ada.Email && strings.Contains(m.Subject, "cannot be used any more")
		}) {
			t.Errorf("Ada was not told: %+v", mails)
		}

		t.Run("looking again does nothing twice", func(t *testing.T) {
			size, err := w.DB.LogSize(t.Context())
			must(t, err)
			w.Wait(time.Hour)
			other := w.NewNode(w.DB, "two")
			must(t, w.Node.Resign(t.Context()))
			must(t, other.Settle(t.Context()))
			again, err := w.DB.LogSize(t.Context())
			must(t, err)
			is(t, "records", again, size)
			must(t, other.Resign(t.Context()))
		})
		t.Run("demotion reinstates nothing", func(t *testing.T) {
			ada.Out(t, "surgeons")
			w.Apply(t, Free)
			w.Settle(t)
			is(t, "the synced passkey", w.Status(t, synced), credential.Suspended)
			is(t, "the task", ada.Tasks(t), []string{task.NotAccepted + open})
		})
		t.Run("a new passkey that is accepted ends the task", func(t *testing.T) {
			w.Wait(time.Minute)
			ada.Hardware(t)
			w.Settle(t)
			is(t, "the task", ada.Tasks(t), []string{task.NotAccepted + done})
			is(t, "the synced passkey", w.Status(t, synced), credential.Suspended)
		})
		w.Check(t)
	})
}

func TestAPasskeyThatIsReinstatedAgainstThePolicyIsSuspendedAgain(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		w.Join(t, person.Administrator).Hardware(t)
		ada := w.Join(t, "", "surgeons")
		synced := ada.Synced(t)
		w.Settle(t)
		c, err := w.DB.Credential(t.Context(), synced.ID)
		must(t, err)
		is(t, "status", c.Status, credential.Suspended)
		_, events, err := credential.Reinstate(c)
		must(t, err)
		w.Record(t, events...)
		w.Settle(t)
		is(t, "status", w.Status(t, synced), credential.Suspended)
		is(t, "tasks", ada.Tasks(t), []string{task.NotAccepted + open}) // the same one
		c, err = w.DB.Credential(t.Context(), synced.ID)
		must(t, err)
		_, events, err = credential.Remove(c)
		must(t, err)
		w.Record(t, events...)
		w.Settle(t)
		is(t, "tasks of a passkey that is gone", ada.Tasks(t), []string{task.NotAccepted + cancelled})
	})
}

func TestGroupsThatAreRenamedOrRemovedTouchTheirPeople(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		w.Join(t, person.Administrator).Hardware(t)
		ada := w.Join(t, "")
		synced := ada.Synced(t)
		g := ada.Into(t, "knives")
		w.Settle(t)
		is(t, "before", w.Status(t, synced), credential.Active)
		_, events, err := person.RenameGroup(g, "surgeons")
		must(t, err)
		w.Record(t, events...)
		w.Settle(t)
		is(t, "after the group's new name", w.Status(t, synced), credential.Suspended)

		// Out of "plain" one falls into the segment of those who are in no group.
		w.Apply(t, head+segment("plain", `"plain" in user.groups`, "2", "passkey, key", "allow")+segment("rest", "true", "3", "key", "forbid"))
		bob := w.Join(t, "")
		plain := bob.Into(t, "plain")
		his := bob.Synced(t)
		w.Settle(t)
		is(t, "Bob's", w.Status(t, his), credential.Active)
		members, err := w.DB.MembershipsOfGroup(t.Context(), plain.ID)
		must(t, err)
		w.Record(t, person.RemoveGroup(plain, members)...)
		w.Settle(t)
		is(t, "Bob's when the group is gone", w.Status(t, his), credential.Suspended)
		w.Check(t)
	})
}

func TestAStricterPolicyIsJudgedForEverybody(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		admin := w.Join(t, person.Administrator)
		admin.Hardware(t)
		var synced, keys []credential.Record
		for range 40 { // several batches of eight
			h := w.Join(t, "")
			synced, keys = append(synced, h.Synced(t)), append(keys, h.Hardware(t))
		}
		w.Settle(t)
		impact, err := w.Node.Impact(t.Context(), compiled(t, w, Strict))
		must(t, err)
		w.Apply(t, Strict)
		w.Settle(t)
		for i := range synced {
			is(t, "a synced one", w.Status(t, synced[i]), credential.Suspended)
			is(t, "a hardware key", w.Status(t, keys[i]), credential.Active)
		}
		job, err := w.Node.Progress(t.Context())
		must(t, err)
		is(t, "why", job.Why, "policy.applied")
		is(t, "people, suspended, judged anew", []int64{job.Done, job.Total, job.Suspended, job.Judged}, []int64{41, 41, 40, 0})
		if job.Running() || job.Ended.IsZero() {
			t.Errorf("the job is not over: %+v", job)
		}
		is(t, "what was foretold", []int64{impact.People, impact.Credentials, impact.Suspended, impact.LockedOut, impact.AdministratorsBefore, impact.AdministratorsAfter},
			[]int64{41, 81, 40, 0, 1, 1})
		must(t, impact.Refusal())
		w.Apply(t, Free)
		w.Settle(t)
		is(t, "reinstated", w.Happened(t, "credential.reinstated"), 0)
		is(t, "a synced one, when all are accepted again", w.Status(t, synced[0]), credential.Suspended)
		w.Check(t)
	})
}

// A node dies in the middle of the job: the next one goes on where it was, and
// nobody is suspended, told or counted twice.
func TestAnotherNodeGoesOnWithTheJob(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		w.Join(t, person.Administrator).Hardware(t)
		for range 60 {
			w.Join(t, "").Synced(t)
		}
		w.Settle(t)
		w.Apply(t, Strict)
		dying := rejudge.New(rejudge.Config{Store: mortal{store.Port[rejudge.Tx]{DB: w.DB}, new(int)}, Policies: w.Shelf, Metadata: w.Metadata,
			Clock: w.Now, Node: "dying", Batch: 8})
		must(t, w.Node.Resign(t.Context()))
		if err := dying.Settle(t.Context()); err == nil {
			t.Fatal("the node did not die")
		}
		half := w.Happened(t, "credential.suspended")
		if half == 0 || half == 60 {
			t.Fatalf("it died after %d, which is not the middle", half)
		}
		must(t, w.Node.Settle(t.Context()))
		is(t, "while the dead one has the lease", w.Happened(t, "credential.suspended"), half)
		w.Wait(16 * time.Second)
		must(t, w.Node.Settle(t.Context()))
		is(t, "suspended", w.Happened(t, "credential.suspended"), 60)
		is(t, "tasks", w.Happened(t, "task.opened"), 60)
		job, err := w.Node.Progress(t.Context())
		must(t, err)
		is(t, "done and suspended", []int64{job.Done, job.Suspended}, []int64{61, 60})
		if err := dying.Settle(t.Context()); err == nil { // it was only slow, and comes back
			is(t, "when the old one comes back", w.Happened(t, "credential.suspended"), 60)
		}
		w.Check(t)
	})
}

// mortal dies at its sixth transaction that changes people.
type mortal struct {
	store.Port[rejudge.Tx]
	n *int
}

func (m mortal) InTx(ctx ctx, fn func(rejudge.Tx) error) error {
	if *m.n++; *m.n >= 6 {
		return holdfast.Errorf(holdfast.Internal, "died", "The node is dead.")
	}
	return m.Port.InTx(ctx, fn)
}

func TestTheLastAdministratorIsSpared(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		root, ada := w.Join(t, person.Administrator), w.Join(t, "")
		older := root.Synced(t)
		w.Wait(time.Hour)
		newer, hers := root.Synced(t), ada.Synced(t)
		s := root.SignIn(t, newer)
		w.Settle(t)
		impact, err := w.Node.Impact(t.Context(), compiled(t, w, Strict))
		must(t, err)
		if err := impact.Refusal(); holdfast.CodeOf(err) != "no_administrator_left" {
			t.Fatalf("the impact %+v is refused with %v", impact, err)
		}
		w.Apply(t, Strict) // all the same, as by an older program
		w.Settle(t)
		is(t, "a passkey beside the last", w.Status(t, older), credential.Suspended)
		is(t, "the last", w.Status(t, newer), credential.Active)
		is(t, "its session", w.Ended(t, s), "")
		is(t, "Ada's", w.Status(t, hers), credential.Suspended)
		tasks := root.Tasks(t)
		slices.Sort(tasks)
		is(t, "tasks", tasks, []string{task.LastWay + open, task.NotAccepted + open})
		is(t, "findings", w.findings(t), []string{"last_way high"})

		t.Run("until there is another", func(t *testing.T) {
			w.Wait(time.Minute)
			root.Hardware(t)
			w.Settle(t)
			is(t, "the spared one", w.Status(t, newer), credential.Suspended)
			is(t, "its session", w.Ended(t, s), session.NotAccepted)
			tasks := root.Tasks(t)
			slices.Sort(tasks)
			is(t, "tasks", tasks, []string{task.LastWay + done, task.NotAccepted + done})
			is(t, "findings", w.findings(t), nil)
		})
		w.Check(t)
	})
}

// An administrator whose key only the new policy proves is one, in whatever order
// people are judged.
func TestNobodyIsTheLastForTheOrdersSake(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		keeper := w.Join(t, person.Administrator)
		key := keeper.Hardware(t)
		w.Settle(t)
		w.Record(t, evidence.Judged(evidence.Judgement{}, evidence.Judgement{ID: key.ID, Person: keeper.ID, At: w.Now(), Kind: "unverified", Reason: "no_root",
			Why: "nobody is trusted yet"})...)
		var others []credential.Record
		for before, after := false, false; !before || !after; { // those who are judged before keeper, and those after
			o := w.Join(t, person.Administrator)
			before, after = before || o.ID < keeper.ID, after || o.ID > keeper.ID
			others = append(others, o.Synced(t))
		}
		w.Settle(t)
		w.Apply(t, Strict)
		w.Settle(t)
		is(t, "the key", w.Status(t, key), credential.Active)
		for _, c := range others {
			is(t, "another's synced passkey", w.Status(t, c), credential.Suspended)
		}
		is(t, "findings", w.findings(t), nil)
		w.Check(t)
	})
}

func (w *World) findings(t *testing.T) (out []string) {
	t.Helper()
	all, err := w.DB.OpenFindings(t.Context())
	must(t, err)
	for _, f := range all {
		out = append(out, f.Code+" "+string(f.Severity))
	}
	slices.Sort(out)
	return out
}

func TestABadStatusStagesAReplacement(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		w.Join(t, person.Administrator).Hardware(t)
		ada, bob := w.Join(t, "", "surgeons"), w.Join(t, "")
		hers, his := ada.Hardware(t), bob.Synced(t)
		s := ada.SignIn(t, hers)
		w.Settle(t)
		w.Import(t, "REVOKED")
		w.Settle(t)
		is(t, "hers, at once", w.Status(t, hers), credential.Active)
		is(t, "her session", w.Ended(t, s), "")
		is(t, "his", w.Status(t, his), credential.Active)
		tasks := ada.AllTasks(t)
		if len(tasks) != 1 || tasks[0].Why != task.Status || tasks[0].Detail != "REVOKED" || !tasks[0].Due.Equal(w.Now().Add(14*24*time.Hour)) {
			t.Fatalf("her tasks are %+v", tasks)
		}
		is(t, "findings", w.findings(t), []string{"model_status high"})
		f, err := w.DB.OpenFindings(t.Context())
		must(t, err)
		if !strings.Contains(f[0].Text, "2 passkeys") || !strings.Contains(f[0].Text, "REVOKED") {
			t.Errorf("the finding does not say how many: %s", f[0].Text)
		}
		w.Wait(14*24*time.Hour - time.Hour)
		w.Settle(t)
		is(t, "hers, an hour before the day", w.Status(t, hers), credential.Active)

		// Who cancels the task does not move the day.
		_, events, err := task.Finish(tasks[0], "task.cancelled", w.Now())
		must(t, err)
		w.Record(t, events...)
		w.Wait(time.Hour + time.Minute)
		w.Settle(t)
		is(t, "hers, on the day", w.Status(t, hers), credential.Suspended)
		is(t, "her session", w.Ended(t, s), session.NotAccepted)

		w.Import(t)
		w.Settle(t)
		is(t, "when the status is withdrawn", w.Status(t, hers), credential.Suspended)
		w.Check(t)
	})
}

func TestAStagedReplacementThatIsDone(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		w.Join(t, person.Administrator).Synced(t)
		ada := w.Join(t, "")
		hers := ada.Hardware(t)
		w.Settle(t)
		w.Import(t, "USER_KEY_REMOTE_COMPROMISE")
		w.Settle(t)
		is(t, "the day", ada.AllTasks(t)[0].Due, w.Now().Add(72*time.Hour))
		w.Wait(time.Hour)
		ada.Synced(t)
		w.Settle(t)
		is(t, "tasks", ada.Tasks(t), []string{task.Status + done})
		is(t, "the old one until its day", w.Status(t, hers), credential.Active)
		w.Wait(72 * time.Hour)
		w.Settle(t)
		is(t, "the old one then", w.Status(t, hers), credential.Suspended)
		is(t, "tasks", ada.Tasks(t), []string{task.Status + done})
	})
}

// The metadata do not name the model any more, so nobody vouches for the key:
// that is staged, too, and what was proven stays on record until the day.
func TestMetadataThatTakeTheirWordBackAreNoSurprise(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		w.Join(t, person.Administrator).Synced(t)
		ada := w.Join(t, "", "surgeons")
		hers := ada.Hardware(t)
		w.Settle(t)
		maker := w.Maker
		w.Maker = other(t)
		w.Import(t)
		w.Settle(t)
		is(t, "hers", w.Status(t, hers), credential.Active)
		is(t, "tasks", ada.Tasks(t), []string{task.Status + open})
		j, err := w.DB.Judgement(t.Context(), hers.ID)
		must(t, err)
		is(t, "what is on record", j.Kind, "verified")
		w.Apply(t, Lax+"# again\n")
		w.Settle(t)
		is(t, "hers, when a policy comes meanwhile", w.Status(t, hers), credential.Active)
		w.Wait(14*24*time.Hour + time.Minute)
		w.Settle(t)
		is(t, "hers, on the day", w.Status(t, hers), credential.Suspended)
		j, err = w.DB.Judgement(t.Context(), hers.ID)
		must(t, err)
		if j.Verified() {
			t.Error("the judgement on record still says verified")
		}
		w.Maker = maker
		w.Import(t)
		w.Settle(t)
		is(t, "when they give it again", w.Status(t, hers), credential.Suspended)
		w.Check(t)
	})
}

// A profile that nobody reviews in time, or that is incomplete, is a finding;
// nothing is suspended for it.
func TestWhatIsOutOfDateSuspendsNothing(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		w.Join(t, person.Administrator).Hardware(t)
		ada := w.Join(t, "")
		w.Apply(t, Kept)
		c := ada.Synced(t)
		c.AAGUID = "00000000-0000-4000-8000-00000000000a"
		w.Record(t, audit.New("credential.described", string(c.ID), ada.ID, audit.Change(&c, "aaguid")))
		w.Wait(0)
		first := w.Status(t, c)
		is(t, "before", first, credential.Active)
		w.Settle(t)
		is(t, "accepted while the profile is current", w.Status(t, c), credential.Active)
		is(t, "findings", w.findings(t), nil)
		w.Wait(60 * 24 * time.Hour) // 3 March
		w.Settle(t)
		is(t, "findings four weeks before", w.findings(t), []string{"provider_review_due medium"})
		w.Wait(30 * 24 * time.Hour)
		w.Settle(t)
		is(t, "after review_by", w.Status(t, c), credential.Active)
		is(t, "tasks", ada.Tasks(t), nil)
		is(t, "findings", w.findings(t), []string{"provider_overdue high"})
		w.Apply(t, strings.Replace(Kept, "recovery: [admin-reset]", "recovery: unknown", 1))
		w.Settle(t)
		is(t, "with a profile that is incomplete", w.Status(t, c), credential.Active)
		is(t, "tasks", ada.Tasks(t), nil)
		is(t, "findings", w.findings(t), []string{"passkeys_lapsed high", "provider_incomplete high"})
	})
}

func TestWhoIsInNoSegmentKeepsWhatTheyHave(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		w.Join(t, person.Administrator, "surgeons").Hardware(t)
		ada := w.Join(t, "")
		c := ada.Synced(t)
		w.Apply(t, Gap)
		w.Settle(t)
		is(t, "hers", w.Status(t, c), credential.Active)
		is(t, "findings", w.findings(t), []string{"no_segment high"})
	})
}

// Somebody who may not sign in has nothing to lose yet.
func TestWhoIsSuspendedMeanwhileIsJudgedWhenTheyMaySignInAgain(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		w.Join(t, person.Administrator).Hardware(t)
		ada := w.Join(t, "")
		c := ada.Synced(t)
		suspended, events, err := person.Suspend(ada.Record, "")
		must(t, err)
		w.Record(t, events...)
		w.Apply(t, Strict)
		w.Settle(t)
		is(t, "while she may not sign in", w.Status(t, c), credential.Active)
		_, events, err = person.Reinstate(suspended, true)
		must(t, err)
		w.Record(t, events...)
		w.Settle(t)
		is(t, "when she may again", w.Status(t, c), credential.Suspended)
	})
}

func TestAssertionsAreHeldAgainstThePeopleThatThereAre(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		w.Join(t, person.Administrator).Hardware(t)
		w.Apply(t, Asserted)
		w.Settle(t)
		is(t, "findings", w.findings(t), []string{"assertion_failed high"})
		all, err := w.DB.OpenFindings(t.Context())
		must(t, err)
		is(t, "which", all[0].Subject, "nobody-is-here")
		w.Apply(t, Free)
		w.Settle(t)
		is(t, "findings of a policy without it", w.findings(t), nil)
	})
}
