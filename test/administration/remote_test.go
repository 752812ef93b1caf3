package administration

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"holdfast/test/world"
)

// elsewhere is the command line on another machine: it has an address and a
// file with a token, and no data folder.
type elsewhere struct {
	t    *testing.T
	url  string
	file string
	dir  string
}

func (e elsewhere) run(args ...string) (stdout, stderr string, status int) {
	e.t.Helper()
	cmd := exec.Command(world.Binary(e.t), args...)
	cmd.Dir = e.dir
	cmd.Env = append(os.Environ(), "HOLDFAST_URL="+e.url, "HOLDFAST_TOKEN_FILE="+e.file)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); cmd.ProcessState == nil {
		e.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// json runs a command that must succeed.
func (e elsewhere) json(v any, args ...string) {
	e.t.Helper()
	out, errs, status := e.run(append(args, "--json")...)
	if status != 0 {
		e.t.Fatalf("holdfast %v: status %d: %s", args, status, errs)
	}
	if err := json.Unmarshal([]byte(out), v); err != nil {
		e.t.Fatalf("holdfast %v: %s: %v", args, out, err)
	}
}

func start(t *testing.T, engine world.Engine, scopes ...string) (*world.World, elsewhere) {
	t.Helper()
	w := world.New(t, engine)
	w.Admin(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	args := []string{"token", "create", "--name", "Elsewhere", "--owner", adminOf(t, w), "--out", file}
	for _, s := range scopes {
		args = append(args, "--scope", s)
	}
	var made struct{ ID, Secret, File string }
	w.CLI(t, &made, args...)
	if made.Secret != "" || made.File != file {
		t.Errorf("made: %+v", made)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the token's file: %v, %v", info, err)
	}
	return w, elsewhere{t, w.Base, file, dir}
}

func adminOf(t *testing.T, w *world.World) string {
	t.Helper()
	var list []struct{ ID string }
	w.CLI(t, &list, "person", "list", "--role", "administrator")
	if len(list) != 1 {
		t.Fatalf("%d administrators", len(list))
	}
	return list[0].ID
}

func TestEveryNounWorksFromAnywhere(t *testing.T) {
	for _, engine := range world.Engines {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			var all []struct{ Name string }
			w, e := start(t, engine, "people:read", "people:write", "people:erase", "groups:read", "groups:write", "invitations:read",
				"invitations:write", "credentials:read", "sessions:read", "apps:read", "apps:write", "audit:read", "tokens:read", "tokens:write",
				"roles:write", "settings:read", "settings:write", "keys:write", "policy:read", "devices:read", "devices:write",
				"exposure:read", "surroundings:read", "surroundings:write")
			file := filepath.Join(e.dir, "people.csv")
			write(t, file, "name,email,groups,manager\nAda Lovelace,ada@example.org,Analysts,grace@example.org\nGrace Hopper,grace@example.org,,\n")
			var imported struct {
				Added int
				Rows  []struct{ Action, URL string }
			}
			e.json(&imported, "person", "import", file, "--invite")
			if imported.Added != 2 || !strings.HasPrefix(imported.Rows[0].URL, w.Base+"/enrol#") {
				t.Errorf("%+v", imported)
			}
			var ada struct{ ID, Status, Manager, Role string }
			e.json(&ada, "person", "show", "ada@example.org")
			if ada.Manager == "" || ada.Status != "invited" {
				t.Errorf("%+v", ada)
			}
			e.json(&ada, "person", "suspend", "ada@example.org", "--reason", "left")
			e.json(&ada, "person", "reinstate", "ada@example.org")
			// A role is given by somebody who is signed in, or on the host.
			if _, said, status := e.run("person", "role", "ada@example.org", "auditor", "--ends", inAMonth()); status == 0 || !strings.Contains(said, "API token") {
				t.Errorf("a token gave a role: %d %s", status, said)
			}
			for _, args := range [][]string{{"report", "SN-1", "--managed", "--compliant", "--os", "linux", "--person", "ada@example.org"},
				{"link", "SN-1"}, {"onboard", "SN-1", "ada@example.org", "--life", "48h"},
				{"report", "SN-2", "--os", "ios"}, {"remove", "SN-2"}, {"show", "SN-1"}} {
				var said map[string]any
				e.json(&said, append([]string{"device"}, args...)...)
			}
			for _, args := range [][]string{{"person", "list"}, {"group", "list"}, {"group", "members", "Analysts"}, {"invite", "list"},
				{"credential", "list"}, {"session", "list"}, {"app", "list"}, {"grant", "list"}, {"token", "list"}, {"audit", "tail"},
				{"device", "list"}, {"device", "report-credentials"}, {"key", "rotate"}, {"key", "list"}, {"token", "scopes"}} {
				var list []map[string]any
				e.json(&list, args...)
				if len(list) == 0 && args[0] != "app" && args[0] != "grant" {
					t.Errorf("%v is empty", args)
				}
			}
			var app struct {
				ClientID string `json:"client_id"`
			}
			e.json(&app, "app", "create", "--name", "Wiki", "--redirect-uri", "https://wiki.example.org/cb", "--confidential", "--group", "Analysts")
			var shown struct {
				MaxAge int `json:"max_age"`
				Groups []string
			}
			e.json(&shown, "app", "change", app.ClientID, "--max-age", "8h", "--group", "")
			if shown.MaxAge != 8*3600 || len(shown.Groups) != 0 {
				t.Errorf("%+v", shown)
			}
			e.json(&all, "group", "list")
			var any map[string]any
			for _, args := range [][]string{{"settings", "set", "--name", "Kelp"}, {"settings", "show"}, {"token", "me"}, {"audit", "prove", "0"}, {"audit", "checkpoint"}, {"audit", "key"},
				{"invite", "again", "grace@example.org"}, {"person", "erase", "grace@example.org"}, {"app", "config", app.ClientID},
				{"app", "remove", app.ClientID}} {
				e.json(&any, args...)
			}
			// What is for the host alone.
			for _, args := range [][]string{{"audit", "verify"}, {"setup", "link"}, {"audit", "export", filepath.Join(e.dir, "export")}} {
				if _, errs, status := e.run(args...); status != 1 || !strings.Contains(errs, "on the host itself") {
					t.Errorf("%v: status %d: %s", args, status, errs)
				}
			}
			w.Check(t)
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestARemoteCommandLineRefuses(t *testing.T) {
	w, e := start(t, world.SQLite, "people:read")
	token, err := os.ReadFile(e.file)
	if err != nil {
		t.Fatal(err)
	}
	before := w.Verify(t).Records
	refuses := func(e elsewhere, want string, args ...string) {
		t.Helper()
		out, errs, status := e.run(args...)
		if status != 1 || !strings.Contains(errs, want) {
			t.Errorf("holdfast %v: status %d: %s, want %q", args, status, errs, want)
		}
		if strings.Contains(out+errs, strings.TrimSpace(string(token))) {
			t.Errorf("holdfast %v says the token again", args)
		}
	}
	refuses(e, "scope_missing", "person", "suspend", "ada@example.org")
	refuses(e, "in an argument", "person", "list", "--token", string(token))
	refuses(e, "in an argument", "person", "list", "--token="+strings.TrimSpace(string(token)))
	refuses(e, "in an argument", "person", "list", "--query", strings.TrimSpace(string(token)))
	bad := e
	bad.file = filepath.Join(e.dir, "open")
	write(t, bad.file, string(token))
	if err := os.Chmod(bad.file, 0o644); err != nil {
		t.Fatal(err)
	}
	refuses(bad, "chmod 600", "person", "list")
	bad.file = filepath.Join(e.dir, "none")
	refuses(bad, "no such file", "person", "list")
	write(t, bad.file, "password")
	refuses(bad, "holds no API token", "person", "list")
	write(t, filepath.Join(e.dir, "wrong"), "hft_"+strings.Repeat("A", 43)+"\n")
	bad.file = filepath.Join(e.dir, "wrong")
	refuses(bad, "token_refused", "person", "list")
	bad.file, bad.url = e.file, "http://id.example.org"
	refuses(bad, "not https", "person", "list")
	bad.url = "nonsense"
	refuses(bad, "no address", "person", "list")
	write(t, filepath.Join(e.dir, "people.csv"), "name,email\n,x@example.org\nX,nonsense\n")
	_, errs, status := elsewhere{t, e.url, tokenFor(t, w, e.dir, "people:write"), e.dir}.run("person", "import", "people.csv")
	if status != 1 || !strings.Contains(errs, "people.csv: line 2: A name") || !strings.Contains(errs, "people.csv: line 3: ") {
		t.Errorf("status %d: %s", status, errs)
	}
	if got := w.Verify(t).Records; got != before+1 { // the second token
		t.Errorf("%d records were written", got-before)
	}
}

func tokenFor(t *testing.T, w *world.World, dir string, scope string) string {
	t.Helper()
	file := filepath.Join(dir, "token-"+strings.ReplaceAll(scope, ":", "-"))
	out, err := w.Host("token", "create", "--name", scope, "--owner", "root@example.org", "--scope", scope, "--out", file)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

// The answer to a change is lost on the way: the command line asks again, and
// the person is there once.
func TestALostAnswerIsAskedForAgain(t *testing.T) {
	w, e := start(t, world.SQLite, "people:read", "people:write", "invitations:write")
	target, err := url.Parse(w.Base)
	if err != nil {
		t.Fatal(err)
	}
	var lost atomic.Int32
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && lost.Add(1) == 1 {
			r.RequestURI = ""
			r.URL.Scheme, r.URL.Host, r.Host = target.Scheme, target.Host, target.Host
			answer, err := http.DefaultTransport.RoundTrip(r)
			if err != nil || answer.StatusCode != http.StatusCreated {
				t.Errorf("the server answered %v, %v", answer, err)
			} else {
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
			panic(http.ErrAbortHandler) // the cable is pulled
		}
		proxy.ServeHTTP(out, r)
	})}
	go server.Serve(l)
	defer server.Close()
	e.url = "http://" + l.Addr().String()
	var made struct{ Person, URL string }
	e.json(&made, "invite", "create", "--name", "Ada", "--email", "ada@example.org")
	if lost.Load() != 2 || made.URL == "" {
		t.Errorf("%d calls, %+v", lost.Load(), made)
	}
	var list []struct{ ID string }
	w.CLI(t, &list, "person", "list", "--query", "ada@")
	if len(list) != 1 || list[0].ID != made.Person {
		t.Errorf("%+v, want %s once", list, made.Person)
	}
	var invitations []any
	w.CLI(t, &invitations, "invite", "list", "--person", "ada@example.org")
	if len(invitations) != 1 {
		t.Errorf("%d invitations", len(invitations))
	}
}
