package script

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"holdfast/test/client"
	"holdfast/test/softkey"
	"holdfast/test/world"
)

// demo is one run of the demonstration.
type demo struct {
	*world.Process
	origin, app string
}

func startDemo(t *testing.T, dir string) demo {
	t.Helper()
	d := demo{Process: world.Run(t, "demo", "--data", dir)}
	for name, into := range map[string]*string{"Sign in": &d.origin, "Demo app": &d.app} {
		line, err := d.Line("  " + name + "  ")
		if err != nil {
			t.Fatal(err)
		}
		*into = strings.TrimSpace(strings.TrimPrefix(line, name))
	}
	return d
}

// The demonstration, given its folder again, goes on where it was: the people,
// the administrator and their passkey, and the one application.
func TestDemoResumes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	list := func(noun string) []byte {
		t.Helper()
		out, err := world.Host(t, noun, "list", "--json", "--data", dir)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	count := func(noun, member string) int {
		t.Helper()
		return len(regexp.MustCompile(`"`+member+`":`).FindAll(list(noun), -1))
	}
	first := startDemo(t, dir)
	link, err := first.Line("/setup#")
	if err != nil {
		t.Fatal(err)
	}
	people, groups := count("person", "email"), count("group", "members")
	if people < 190 || groups != 6 {
		t.Errorf("the sample organisation has %d people in %d groups", people, groups)
	}
	if err := first.Interrupt(); err != nil {
		t.Fatal(err)
	}

	second := startDemo(t, dir)
	newer, err := second.Line("/setup#")
	if err != nil {
		t.Fatal(err)
	}
	if newer == link {
		t.Error("the second start printed the first link")
	}
	key := softkey.New(softkey.Config{Origin: second.origin})
	admin, err := client.New(second.origin, key)
	if err != nil {
		t.Fatal(err)
	}
	_, secret, _ := strings.Cut(newer, "#")
	if _, err := admin.SetUp(t.Context(), secret, client.Founding{Organisation: "Mine", Name: "Me", Email: "me@example.org"}); err != nil {
		t.Fatal(err)
	}
	signInToDemoApp(t, second, admin)
	if err := second.Interrupt(); err != nil {
		t.Fatal(err)
	}

	third := startDemo(t, dir)
	if _, err := third.Line("has its administrator"); err != nil {
		t.Error(err)
	}
	key.Config.Origin = third.origin
	again, err := client.New(third.origin, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.SignIn(t.Context(), "", ""); err != nil {
		t.Error(err)
	}
	if got := count("person", "email"); got != people+1 {
		t.Errorf("%d people, want the %d of the first start and the administrator", got, people)
	}
	if got := count("group", "members"); got != groups {
		t.Errorf("%d groups, want the %d of the first start", got, groups)
	}
	if _, err := world.Host(t, "audit", "verify", "--data", dir); err != nil {
		t.Error(err)
	}
	if err := third.Interrupt(); err != nil {
		t.Error(err)
	}
}

// signInToDemoApp goes from the application's button over the server and back.
func signInToDemoApp(t *testing.T, d demo, who *client.Client) {
	t.Helper()
	front, err := who.Get(t.Context(), d.app)
	if err != nil || front.Status != http.StatusOK {
		t.Fatalf("%s: %v, %v", d.app, front, err)
	}
	start := regexp.MustCompile(`href="(/signin)"`).FindSubmatch(front.Body)
	if start == nil {
		t.Fatalf("%s has no way to sign in: %s", d.app, front.Body)
	}
	page, err := who.Walk(t.Context(), d.app+string(start[1]), "")
	if err != nil || page.Status != http.StatusOK || !strings.Contains(string(page.Body), "me@example.org") {
		t.Errorf("signed in to the application: %v, %s", err, page.Body)
	}
}
