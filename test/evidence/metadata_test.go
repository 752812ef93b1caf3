package evidence

import (
	"testing"

	"holdfast/test/mdsblob"
	"holdfast/test/story"
	"holdfast/test/world"
)

// What metadata say of a model counts for the keys that there are, from the
// import on; and what they take back opens a replacement, and locks nobody out.
func TestMetadataJudgeAgain(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, w *world.World) {
		maker, authority := newMaker(t), mdsblob.New("evidence")
		root := administrator(t, w, maker)
		a := w.App(t, "Wards", callback)
		if acr, amr := claims(t, root, a); acr != "phr" || amr[0] == "hwk" {
			t.Errorf("before there are metadata, the token says %s %q", acr, amr)
		}
		certified := func(statuses ...string) mdsblob.Entry {
			return mdsblob.Certified(story.Model, maker.Root, append([]string{"FIDO_CERTIFIED_L2"}, statuses...)...)
		}
		must(t, importBlob(t, w, authority, 7, certified()))
		eventually(t, "the key is proven", func() bool {
			b, err := enter(t, root, w.Base)
			must(t, err)
			acr, amr := claims(t, b, a)
			return acr == "phrh" && amr[0] == "hwk"
		})
		// Now a policy may ask for it.
		text, files := story.Document(maker, `trust: [mds, "pinned:maker"]`, "trust: [mds]")
		apply(t, w, text, files)
		b, err := enter(t, root, w.Base)
		must(t, err)
		if acr, _ := claims(t, b, a); acr != "phrh" {
			t.Errorf("under the policy, the token says %s", acr)
		}

		t.Run("older ones are refused", func(t *testing.T) {
			refusedOnHost(t, importBlob(t, w, authority, 6, certified()), "mds_older")
			stranger := mdsblob.New("evidence")
			refusedOnHost(t, importBlob(t, w, stranger, 7, certified("REVOKED")), "mds_older")
			if s := ask[struct{ No int64 }](t, w, "mds", "status"); s.No != 7 {
				t.Errorf("current is number %d", s.No)
			}
		})
		t.Run("REVOKED opens a staged replacement", func(t *testing.T) {
			must(t, importBlob(t, w, authority, 8, certified("REVOKED")))
			var tasks []struct{ Why, State, Due string }
			eventually(t, "there is a task", func() bool {
				tasks = ask[[]struct{ Why, State, Due string }](t, w, "tasks", "list")
				return len(tasks) > 0
			})
			if len(tasks) != 1 || tasks[0].Why != "status" || tasks[0].State != "open" || tasks[0].Due == "" {
				t.Errorf("the tasks are %+v", tasks)
			}
			b, err := enter(t, root, w.Base)
			must(t, err) // nobody is locked out
			if acr, _ := claims(t, b, a); acr != "phrh" {
				t.Errorf("until then, the token says %s", acr)
			}
			i := w.Invite(t, "Ada", "ada@brigid.example")
			w.CLI(t, nil, "person", "promote", "ada@brigid.example")
			ada := w.Browser(t)
			ada.Key = hardware(t, maker, w.Base)
			_, err = ada.Enrol(t.Context(), i.Ticket)
			refused(t, err, "policy_model_status")
		})
	})
}
