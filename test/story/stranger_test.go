package story

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/flow/enrol"
	"holdfast/flow/signin"
	"holdfast/test/softkey"
)

// forge answers a begun sign-in with id and a key made for the occasion.
func forge(t *testing.T, c softkey.Config, handle []byte, id string, begun signin.Start, w *World) string {
	t.Helper()
	sealed, options, err := w.SignIn.Begin(t.Context(), begun)
	must(t, err)
	c.Careless = true
	c.NotDiscoverable = handle == nil
	c.Tamper.Credential = func(m map[string]any) { m["id"], m["rawId"] = id, id }
	mallory := Key(c)
	k, err := softkey.NewKey(softkey.ES256)
	must(t, err)
	mallory.Add(&softkey.Credential{ID: []byte("hers"), RPID: "localhost", UserHandle: handle, Key: k})
	options.AllowCredentials = nil
	_, err = w.SignIn.Finish(t.Context(), signin.Answer{ID: sealed, Credential: Get(t, mallory, options)})
	if err == nil {
		t.Fatal("a forged signature opened a session")
	}
	return fmt.Sprintf("%+v", err)
}

func TestForgedAnswersTellNobodyWhetherAnAccountExists(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	first, second := Key(softkey.Config{}), Key(softkey.Config{})
	ada := w.Join(t, "Ada", "ada@harbour.example", first)
	handle := make([]byte, 32)
	rand.Read(handle)
	lies := map[string]struct {
		config softkey.Config
		handle []byte
	}{
		"a forged signature":          {softkey.Config{}, nil},
		"a user handle":               {softkey.Config{}, handle},
		"BE that it did not have":     {softkey.Config{BE: true}, nil},
		"no user verification":        {softkey.Config{NoUV: true}, nil},
		"another origin":              {softkey.Config{Origin: "https://evil.example"}, nil},
		"a signature that is no DER":  {softkey.Config{Tamper: softkey.Tamper{Signature: func([]byte) []byte { return []byte{1} }}}, nil},
		"BS without BE, and a handle": {softkey.Config{BS: true}, handle},
	}
	// what a stranger is told of each credential that a name is answered with
	told := func(t *testing.T, ids []string, begun signin.Start, lie string) []string {
		var out []string
		for _, id := range ids {
			out = append(out, forge(t, lies[lie].config, lies[lie].handle, id, begun, w))
		}
		return out
	}
	offered := func(name string) (ids []string) {
		_, options, err := w.SignIn.Begin(t.Context(), signin.Start{Name: name})
		must(t, err)
		for _, d := range options.AllowCredentials {
			ids = append(ids, base64.RawURLEncoding.EncodeToString(d.ID))
		}
		return ids
	}
	hers, nobodys := offered("ada@harbour.example"), offered("nobody@harbour.example")
	compare := func(t *testing.T, one, another signin.Start) {
		for lie := range lies {
			got := append(told(t, hers, one, lie), told(t, nobodys, another, lie)...)
			for _, line := range got {
				if line != got[0] {
					t.Errorf("%s: one is answered %q, another %q", lie, got[0], line)
				}
			}
		}
	}
	byName := []signin.Start{{Name: "ada@harbour.example"}, {Name: "nobody@harbour.example"}}
	t.Run("by name", func(t *testing.T) { compare(t, byName[0], byName[1]) })
	t.Run("by the other's name", func(t *testing.T) { compare(t, byName[1], byName[0]) })
	t.Run("without a name", func(t *testing.T) { compare(t, signin.Start{}, signin.Start{}) })

	_, err := w.Make(t, second, enrol.Start{Session: &ada.Session})
	must(t, err)
	_, err = w.Account.Remove(t.Context(), ada.Session, ada.Credential.ID)
	must(t, err)
	t.Run("of one that was removed since", func(t *testing.T) { compare(t, signin.Start{}, signin.Start{}) })
	t.Run("who holds the key of a removed one is told", func(t *testing.T) {
		_, err := w.Enter(t, first, signin.Start{}, "")
		refused(t, err, "unknown_credential")
	})
	t.Run("an id that was never offered", func(t *testing.T) {
		if got := forge(t, softkey.Config{}, nil, "AAAAAAAAAAAAAAAAAAAAAA", signin.Start{}, w); !strings.Contains(got, "not known here") {
			t.Errorf("got %s", got)
		}
	})
	w.Check(t)
}

// The length of a sealed ceremony comes in steps; a stranger who stretches the
// way back finds where the next one begins.
func TestAStretchedReturnTellsNothing(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	w.Join(t, "Ada", "ada@harbour.example", Key(softkey.Config{}))
	lengths := func(name string) (all []int) {
		for n := range 600 {
			id, _, err := w.SignIn.Begin(t.Context(), signin.Start{Name: name, Return: "/" + strings.Repeat("a", n)})
			must(t, err)
			all = append(all, len(id))
		}
		return all
	}
	if d := cmp.Diff(lengths("ada@harbour.example"), lengths("nobody@harbour.example")); d != "" {
		t.Error(d)
	}
}
