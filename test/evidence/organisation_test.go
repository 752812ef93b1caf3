package evidence

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"holdfast/test/client"
	"holdfast/test/mdsblob"
	"holdfast/test/softkey"
	"holdfast/test/story"
	"holdfast/test/world"
)

// callback is where applications of these tests are; nobody listens there.
const callback = "https://app.example/cb"

// hardware is a key of story.Model that maker vouches for.
func hardware(t *testing.T, maker *softkey.CA, base string) *softkey.Authenticator {
	t.Helper()
	c := softkey.Attested(maker, story.Model)
	c.Origin = base
	return softkey.New(c)
}

func newMaker(t *testing.T) *softkey.CA {
	t.Helper()
	maker, err := softkey.NewCA("Key Works")
	must(t, err)
	return maker
}

// administrator founds the organisation with a key of maker.
func administrator(t *testing.T, w *world.World, maker *softkey.CA) *client.Client {
	t.Helper()
	c, err := client.New(w.Base, hardware(t, maker, w.Base))
	must(t, err)
	_, err = c.SetUp(t.Context(), w.SetUpTicket(t), client.Founding{Organisation: "St. Brigid", Name: "Root", Email: "root@brigid.example"})
	must(t, err)
	return c
}

// browser is one with a synced passkey of a provider to come.
func browser(t *testing.T, w *world.World, provider [16]byte) *client.Client {
	t.Helper()
	return w.BrowserWith(t, softkey.Config{BE: true, BS: true, AAGUID: provider})
}

// propose proposes and approves a policy on the host and gives its revision.
func propose(t *testing.T, w *world.World, text []byte, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	files["policy.yaml"] = text
	for name, content := range files {
		path := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, content, 0o600))
	}
	delete(files, "policy.yaml")
	var r struct{ ID string }
	w.CLI(t, &r, "policy", "propose", filepath.Join(dir, "policy.yaml"), "--note", "a test")
	w.CLI(t, nil, "policy", "approve", r.ID)
	return r.ID
}

// apply puts a policy in force.
func apply(t *testing.T, w *world.World, text []byte, files map[string][]byte) {
	t.Helper()
	w.CLI(t, nil, "policy", "apply", propose(t, w, text, files))
}

// inForce is the name of the policy in force.
func inForce(t *testing.T, w *world.World) string {
	t.Helper()
	out, err := w.Host("policy", "show", "--text")
	must(t, err)
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "name: "); ok {
			return name
		}
	}
	t.Fatalf("what is in force has no name:\n%s", out)
	return ""
}

// importBlob imports metadata that authority signed.
func importBlob(t *testing.T, w *world.World, authority *mdsblob.Authority, no int64, entries ...mdsblob.Entry) error {
	t.Helper()
	dir := t.TempDir()
	blob, root := filepath.Join(dir, "blob.jwt"), filepath.Join(dir, "root.pem")
	must(t, os.WriteFile(blob, authority.Sign(mdsblob.Blob{No: no, NextUpdate: time.Now().AddDate(0, 1, 0), Entries: entries}), 0o600))
	must(t, os.WriteFile(root, []byte(authority.PEM()), 0o600))
	_, err := w.Host("mds", "import", blob, "--root", root)
	return err
}

// eventually asks until the answer is yes: what goes on in the background has
// 60 seconds by the specification, and each question takes a while by itself.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if ask() {
			return
		}
	}
	t.Fatalf("not within a minute: %s", what)
}

// enter signs in with a new browser that has the passkeys of c.
func enter(t *testing.T, c *client.Client, base string) (*client.Client, error) {
	t.Helper()
	again, err := client.New(base, c.Key)
	must(t, err)
	_, err = again.SignIn(t.Context(), "", "")
	return again, err
}

// claims signs c in to an application and gives acr and amr of its token.
func claims(t *testing.T, c *client.Client, a *client.App, more ...oauth2.AuthCodeOption) (acr string, amr []string) {
	t.Helper()
	tokens, err := c.SignInTo(t.Context(), a, more...)
	must(t, err)
	acr, _ = tokens.Claims["acr"].(string)
	all, _ := tokens.Claims["amr"].([]any)
	for _, m := range all {
		s, _ := m.(string)
		amr = append(amr, s)
	}
	return acr, amr
}

// refused says that err is a refusal with one of codes.
func refused(t *testing.T, err error, codes ...string) {
	t.Helper()
	problem, ok := errors.AsType[*client.Problem](err)
	if !ok || !slices.Contains(codes, problem.Code) {
		t.Errorf("got %v, want a refusal with %q", err, codes)
	}
}

// refusedOnHost says that a command was refused with a code.
func refusedOnHost(t *testing.T, err error, code string) {
	t.Helper()
	refusal, ok := errors.AsType[*world.Refusal](err)
	if !ok || !strings.Contains(refusal.Stderr, code) {
		t.Errorf("got %v, want a refusal with %s", err, code)
	}
}

// ask reads what a command of the host prints.
func ask[T any](t *testing.T, w *world.World, args ...string) (out T) {
	t.Helper()
	text, err := w.Host(append(args, "--json")...)
	must(t, err)
	must(t, json.Unmarshal(text, &out))
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// engines runs a test on both.
func engines(t *testing.T, do func(*testing.T, *world.World)) {
	for _, e := range world.Engines {
		t.Run(string(e), func(t *testing.T) { t.Parallel(); do(t, world.New(t, e)) })
	}
}
