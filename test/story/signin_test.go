package story

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/ceremony"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/flow/signin"
	"holdfast/spec/webauthn"
	"holdfast/test/softkey"
)

func TestSignIn(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	key := Key(softkey.Config{BE: true, BS: true})
	ada := w.Join(t, "Ada", "ada@harbour.example", key)

	t.Run("without a name", func(t *testing.T) {
		done, err := w.Enter(t, key, signin.Start{Return: "/me/passkeys"}, "")
		must(t, err)
		if done.Person.ID != ada.Person.ID || done.Return != "/me/passkeys" || !w.Alive(t, done.Secret) {
			t.Errorf("got %+v", done)
		}
		want := []string{"swk", "pop", "user", "mfa"}
		if diff := cmp.Diff(want, done.Session.AMR); diff != "" {
			t.Errorf("amr: %s", diff)
		}
	})
	t.Run("by name, with a key that keeps no names", func(t *testing.T) {
		second := Key(softkey.Config{NotDiscoverable: true, Transports: []string{"usb"}})
		bob := w.Join(t, "Bob", "bob@harbour.example", second)
		done, err := w.Enter(t, second, signin.Start{Name: " BOB@harbour.example"}, "")
		must(t, err)
		if done.Person.ID != bob.Person.ID {
			t.Errorf("got %s", done.Person.Name)
		}
		if slices.Contains(done.Session.AMR, "hwk") || slices.Contains(done.Session.AMR, "swk") {
			t.Errorf("amr says where the key is without proof: %v", done.Session.AMR)
		}
	})
	t.Run("7.2 step 6: without a name the answer says who", func(t *testing.T) {
		silent := Key(softkey.Config{})
		w.Join(t, "Eve", "eve@harbour.example", silent)
		silent.Config.NotDiscoverable, silent.Config.Careless = true, true
		id, options, err := w.SignIn.Begin(t.Context(), signin.Start{})
		must(t, err)
		options.AllowCredentials = []webauthn.Descriptor{{Type: "public-key", ID: silent.Credentials()[0].ID}}
		_, err = w.SignIn.Finish(t.Context(), signin.Answer{ID: id, Credential: Get(t, silent, options)})
		refused(t, err, "assertion_refused")
	})
	t.Run("7.2 step 5: somebody else's passkey", func(t *testing.T) {
		id, options, err := w.SignIn.Begin(t.Context(), signin.Start{Name: "root@harbour.example"})
		must(t, err)
		options.AllowCredentials = nil
		_, err = w.SignIn.Finish(t.Context(), signin.Answer{ID: id, Credential: Get(t, key, options)})
		refused(t, err, "assertion_refused")
	})
	w.Check(t)
}

func TestCeremoniesAreFinishedOnceAndInTime(t *testing.T) {
	w := New(t)
	key := Key(softkey.Config{})
	w.Found(t, key)
	begin := func() signin.Answer {
		id, options, err := w.SignIn.Begin(t.Context(), signin.Start{})
		must(t, err)
		return signin.Answer{ID: id, Credential: Get(t, key, options)}
	}
	t.Run("64 at once, one wins", func(t *testing.T) {
		answer := begin()
		var wg sync.WaitGroup
		errs := make([]error, 64)
		for i := range errs {
			wg.Go(func() { _, errs[i] = w.SignIn.Finish(t.Context(), answer) })
		}
		wg.Wait()
		wins := 0
		for _, err := range errs {
			if err == nil {
				wins++
			} else {
				refused(t, err, "ceremony_spent")
			}
		}
		if wins != 1 {
			t.Errorf("%d of 64 won", wins)
		}
	})
	t.Run("late", func(t *testing.T) {
		answer := begin()
		w.Wait(ceremony.Life)
		_, err := w.SignIn.Finish(t.Context(), answer)
		refused(t, err, "ceremony_expired")
	})
	t.Run("forged, cut, or of the other kind", func(t *testing.T) {
		answer := begin()
		for name, id := range map[string]string{
			"empty": "", "cut": answer.ID[:40], "long": strings.Repeat("A", 9000), "no base64": "ü",
			"changed": strings.Replace(answer.ID, answer.ID[20:21], string(answer.ID[20]^1), 1),
		} {
			_, err := w.SignIn.Finish(t.Context(), signin.Answer{ID: id, Credential: answer.Credential})
			if c := holdfast.CodeOf(err); c != "ceremony_unknown" {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
	t.Run("the challenge of another ceremony", func(t *testing.T) {
		a, b := begin(), begin()
		_, err := w.SignIn.Finish(t.Context(), signin.Answer{ID: a.ID, Credential: b.Credential})
		refused(t, err, "assertion_refused")
	})
	w.Check(t)
}

func TestSessionsEnd(t *testing.T) {
	w := New(t)
	key := Key(softkey.Config{})
	w.Found(t, key)
	enter := func() signin.Done {
		done, err := w.Enter(t, key, signin.Start{}, "")
		must(t, err)
		return done
	}
	t.Run("after an hour of silence", func(t *testing.T) {
		s := enter()
		w.Wait(time.Hour - time.Second)
		if !w.Alive(t, s.Secret) {
			t.Error("it ended too early")
		}
		w.Wait(time.Second)
		if w.Alive(t, s.Secret) {
			t.Error("it outlives its inactivity limit")
		}
	})
	t.Run("after a day, however active", func(t *testing.T) {
		s := enter()
		for range 47 {
			w.Wait(30 * time.Minute)
			must(t, w.DB.Seen(t.Context(), s.Session.ID, w.Now()))
		}
		if !w.Alive(t, s.Secret) {
			t.Error("activity did not keep it")
		}
		w.Wait(30 * time.Minute)
		if w.Alive(t, s.Secret) {
			t.Error("it outlives its overall limit")
		}
	})
	t.Run("signed out everywhere", func(t *testing.T) {
		a, b := enter(), enter()
		must(t, w.Account.SignOutEverywhere(t.Context(), a.Session))
		if w.Alive(t, a.Secret) || w.Alive(t, b.Secret) {
			t.Error("a session survived")
		}
	})
	t.Run("another person in the same browser", func(t *testing.T) {
		other := Key(softkey.Config{})
		w.Join(t, "Ada", "ada@harbour.example", other)
		mine := enter()
		_, err := w.Enter(t, other, signin.Start{}, mine.Session.ID)
		must(t, err)
		if w.Alive(t, mine.Secret) {
			t.Error("two people are signed in in one browser")
		}
	})
	t.Run("an administrator ends it", func(t *testing.T) {
		s := enter()
		must(t, w.Govern.EndSession(t.Context(), Host, s.Session.ID))
		if w.Alive(t, s.Secret) {
			t.Error("it lives")
		}
	})
	w.Check(t)
}

// shape is what a stranger sees of a begun sign-in, without what is random.
func shape(o webauthn.RequestOptions) (list []string) {
	for _, d := range o.AllowCredentials {
		list = append(list, strings.Repeat("x", len(d.ID))+strings.Join(d.Transports, ","))
	}
	slices.Sort(list)
	return list
}

func TestNobodyLearnsWhetherAnAccountExists(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	w.Join(t, "Ada", "ada@harbour.example", Key(softkey.Config{}))
	invited := w.Invite(t, "Ivy", "ivy@harbour.example")
	suspended := w.Join(t, "Sue", "sue@harbour.example", Key(softkey.Config{}))
	must(t, w.Govern.Suspend(t.Context(), Host, suspended.Person.ID, ""))
	_ = invited

	var want []string
	seen := map[string]bool{}
	for i, name := range []string{"ada@harbour.example", "nobody@harbour.example", "other@nowhere.example",
		"ivy@harbour.example", "sue@harbour.example", "not an address"} {
		id, options, err := w.SignIn.Begin(t.Context(), signin.Start{Name: name})
		must(t, err)
		_, again, err := w.SignIn.Begin(t.Context(), signin.Start{Name: strings.ToUpper(name)})
		must(t, err)
		got := shape(options)
		if i == 0 {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is answered otherwise than ada: %s", name, diff)
		}
		if name != "not an address" && !slices.EqualFunc(options.AllowCredentials, again.AllowCredentials,
			func(a, b webauthn.Descriptor) bool { return bytes.Equal(a.ID, b.ID) }) {
			t.Errorf("%s is answered otherwise the second time", name)
		}
		for _, d := range options.AllowCredentials {
			if seen[string(d.ID)] {
				t.Errorf("%s shares a credential id with another name", name)
			}
			seen[string(d.ID)] = true
		}
		if len(id) == 0 {
			t.Error("no id")
		}
	}
}

func TestSealedCeremoniesHaveOneLength(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	w.Join(t, "Ada", "ada@harbour.example", Key(softkey.Config{}))
	a, _, err := w.SignIn.Begin(t.Context(), signin.Start{Name: "ada@harbour.example"})
	must(t, err)
	b, _, err := w.SignIn.Begin(t.Context(), signin.Start{Name: "nobody@harbour.example"})
	must(t, err)
	if len(a) != len(b) {
		t.Errorf("a found name gives an id of %d characters, another one of %d", len(a), len(b))
	}
}

func TestSignalsAreEvents(t *testing.T) {
	w := New(t)
	count := uint32(10)
	key := Key(softkey.Config{Count: func(uint32) uint32 { return count }})
	done := w.Found(t, key)
	_, err := w.Enter(t, key, signin.Start{}, "") // the counter stays: perhaps a clone
	must(t, err)
	count = 11
	key.Config.BE, key.Config.BS = true, true // the device's word changed
	_, err = w.Enter(t, key, signin.Start{}, "")
	must(t, err)
	var types []string
	leaves, err := w.DB.Tail(t.Context(), storeFilter(done.Person.ID))
	must(t, err)
	for _, l := range leaves {
		types = append(types, string(l.Type))
	}
	for _, want := range []string{"credential.counter_regressed", "credential.backup_eligibility_changed"} {
		if !slices.Contains(types, want) {
			t.Errorf("no event %s in %v", want, types)
		}
	}
	key.Config.BE, key.Config.BS = false, false
	_, err = w.Enter(t, key, signin.Start{}, "")
	refused(t, err, "assertion_refused") // 7.2 step 19: BE 1→0
	w.Check(t)
}

func TestEmploymentEnds(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	key := Key(softkey.Config{})
	carl := w.Join(t, "Carl", "carl@harbour.example", key)
	must(t, w.Govern.Describe(t.Context(), Host, carl.Person.ID, func(n *person.New) { n.Employment, n.Ends = person.Contractor, w.Now().Add(10*time.Minute) }))
	if !w.Alive(t, carl.Secret) {
		t.Error("the session ended before the employment")
	}
	w.Wait(10 * time.Minute)
	if w.Alive(t, carl.Secret) {
		t.Error("the session outlives the employment")
	}
	_, err := w.Enter(t, key, signin.Start{}, "")
	refused(t, err, "account_closed")
	_ = session.Fresh
}
