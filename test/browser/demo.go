package browser

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"holdfast/test/need"
	"holdfast/test/world"
)

// Demo is a running `holdfast demo`, known by what it printed and nothing else.
type Demo struct {
	Origin string // of Holdfast
	App    string // origin of the demo's application
	SetUp  string // the printed link
	Data   string // folder
}

// StartDemo runs the demo in a folder of its own until the test ends.
func StartDemo(t need.T) *Demo {
	t.Helper()
	d := &Demo{Data: filepath.Join(t.TempDir(), "demo")}
	p := world.Run(t, "demo", "--data", d.Data)
	t.Cleanup(func() {
		if err := p.Interrupt(); err != nil {
			t.Errorf("the demo ended with %v", err)
		}
	})
	for mark, into := range map[string]*string{"  Sign in  ": &d.Origin, "  Demo app  ": &d.App, "/setup#": &d.SetUp} {
		line, err := p.Line(mark)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(line)
		*into = words[len(words)-1]
	}
	return d
}

// Ask runs a command of the host on the demo's folder and reads its answer.
func Ask[T any](t need.T, d *Demo, args ...string) T {
	t.Helper()
	out, err := world.Host(t, append(args, "--data", d.Data, "--json")...)
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatalf("holdfast %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return v
}

// Invite invites somebody from the host.
func (d *Demo) Invite(t need.T, name, email string) world.Invitation {
	t.Helper()
	return Ask[world.Invitation](t, d, "invite", "create", "--name", name, "--email", email)
}
