package world

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"holdfast/test/client"
	"holdfast/test/need"
	"holdfast/test/softkey"
)

// Engine is the database below the server.
type Engine string

const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgres"
)

// Engines are both.
var Engines = [...]Engine{SQLite, PostgreSQL}

// World is a server with its data and those who use it.
type World struct {
	Engine Engine
	Base   string // origin and issuer, "http://localhost:20123"
	Data   string // the data folder
	DSN    string // of PostgreSQL, or empty
	Config string // the configuration file
	Server *Process

	t    testing.TB
	last int64 // records in the log when it was last looked at
}

// New starts a server on a new database. Where the engine is not there, the
// test is skipped, or fails with CI=true.
func New(t testing.TB, engine Engine) *World {
	t.Helper()
	w := &World{Engine: engine, t: t, Data: filepath.Join(t.TempDir(), "data")}
	if engine == PostgreSQL {
		w.DSN = Postgres(t)
	}
	for range 5 { // another test may have taken the port between the look and the use
		w.configure(t)
		w.Start(t)
		_, err := w.Server.Line("/setup#")
		if err == nil {
			t.Cleanup(func() { w.stopped(t) })
			return w
		}
		if !strings.Contains(w.Server.Stderr(), "address already in use") {
			t.Fatal(err)
		}
	}
	t.Fatal("no port is free")
	return nil
}

// Prepare is a server with its configuration, without data and not yet started.
func Prepare(t testing.TB, engine Engine) *World {
	t.Helper()
	w := &World{Engine: engine, t: t, Data: filepath.Join(t.TempDir(), "data")}
	if engine == PostgreSQL {
		w.DSN = Postgres(t)
	}
	w.configure(t)
	t.Cleanup(func() {
		if w.Server != nil {
			w.stopped(t)
		}
	})
	return w
}

func (w *World) configure(t testing.TB) {
	t.Helper()
	dir := filepath.Dir(w.Data)
	address := fmt.Sprintf("localhost:%d", FreePort(t))
	w.Base, w.Config = "http://"+address, filepath.Join(dir, "holdfast.yaml")
	text := fmt.Sprintf("origin: %s\nlisten: %s\ndata: %s\n", w.Base, address, w.Data)
	if w.DSN != "" {
		text += "database_url_file: dsn\n"
		write(t, filepath.Join(dir, "dsn"), w.DSN)
	}
	write(t, w.Config, text)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Start starts the server, which must not be running, and waits until it says
// where it is. args go behind "serve --config FILE".
func (w *World) Start(t testing.TB, args ...string) {
	t.Helper()
	w.Server = Run(t, append([]string{"serve", "--config", w.Config}, args...)...)
	if _, err := w.Server.Line("Data folder"); err != nil && !strings.Contains(w.Server.Stderr(), "address already in use") {
		t.Fatal(err)
	}
}

// Stop ends the server as its supervisor would. It must end well.
func (w *World) Stop(t testing.TB) {
	t.Helper()
	if err := w.Server.Interrupt(); err != nil {
		t.Fatalf("the server ended with %v: %s", err, w.Server.Stderr())
	}
}

// Restart is Stop and Start on the same address.
func (w *World) Restart(t testing.TB) {
	t.Helper()
	w.Stop(t)
	w.Start(t)
}

// Kill ends the server by SIGKILL.
func (w *World) Kill() { w.Server.Kill() }

// stopped sees at the end of a test that the server stops in order.
func (w *World) stopped(t testing.TB) {
	select {
	case <-w.Server.done: // the test ended it
	default:
		if err := w.Server.Interrupt(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	}
}

// Ready waits until /readyz answers 200, at most a bounded number of times; a
// request waits for the server by itself, so nothing sleeps.
func (w *World) Ready(ctx context.Context) error {
	const most = 200
	var last error
	for range most {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.Base+"/readyz", nil)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return nil
		}
		last = errors.New(answer.Status)
	}
	return fmt.Errorf("not ready after %d looks: %w", most, last)
}

// SetUpTicket is the secret of the set-up link that the server printed last.
func (w *World) SetUpTicket(t testing.TB) string {
	t.Helper()
	line, err := w.Server.Line("/setup#")
	if err != nil {
		t.Fatal(err)
	}
	_, secret, _ := strings.Cut(line, "#")
	return secret
}

// Refusal is a command of the host that ended with a status but 0.
type Refusal struct {
	Args   []string
	Status int
	Stderr string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("holdfast %s: status %d: %s", strings.Join(r.Args, " "), r.Status, strings.TrimSpace(r.Stderr))
}

// Host runs a command on the host and answers its standard output. A refusal
// is a *Refusal.
func (w *World) Host(args ...string) ([]byte, error) {
	return Host(w.t, append(args, "--config", w.Config)...)
}

// Host runs a holdfast command to its end, likewise.
func Host(t need.T, args ...string) ([]byte, error) {
	t.Helper()
	cmd := exec.Command(Binary(t), args...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return out.Bytes(), &Refusal{args, exit.ExitCode(), stderr.String()}
	}
	return out.Bytes(), err
}

// CLI runs a command of the host that must succeed, and reads the JSON that it
// prints into out, or throws it away where out is nil.
func (w *World) CLI(t testing.TB, out any, args ...string) {
	t.Helper()
	text, err := w.Host(append(args, "--json")...)
	if err == nil && out != nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil {
		t.Fatalf("holdfast %s: %v: %s", strings.Join(args, " "), err, text)
	}
}

// Browser is somebody's browser with an honest authenticator, nobody signed in.
func (w *World) Browser(t testing.TB) *client.Client { return w.BrowserWith(t, softkey.Config{}) }

// BrowserWith is a browser with an authenticator of another kind.
func (w *World) BrowserWith(t testing.TB, key softkey.Config) *client.Client {
	t.Helper()
	c, err := client.New(w.Base, softkey.New(key))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// founding is what Admin says.
var founding = client.Founding{Organisation: "Example", Name: "Root Administrator", Email: "root@example.org"}

// Admin sets the organisation up, and answers the administrator's browser,
// signed in.
func (w *World) Admin(t testing.TB) *client.Client {
	t.Helper()
	c := w.Browser(t)
	if _, err := c.SetUp(t.Context(), w.SetUpTicket(t), founding); err != nil {
		t.Fatal(err)
	}
	return c
}

// Invitation is what "invite create" prints.
type Invitation struct{ Person, Ticket, URL, ID string }

// Invite adds a person and their link.
func (w *World) Invite(t testing.TB, name, email string) Invitation {
	t.Helper()
	var i Invitation
	w.CLI(t, &i, "invite", "create", "--name", name, "--email", email)
	return i
}

// Enrol invites somebody, who makes a first passkey. It answers their browser,
// signed in, and their id.
func (w *World) Enrol(t testing.TB, name, email string) (*client.Client, string) {
	t.Helper()
	i := w.Invite(t, name, email)
	c := w.Browser(t)
	if _, err := c.Enrol(t.Context(), i.Ticket); err != nil {
		t.Fatal(err)
	}
	return c, i.Person
}

// SignIn signs in with a new browser that has the authenticator of c.
func (w *World) SignIn(t testing.TB, c *client.Client) *client.Client {
	t.Helper()
	again, err := client.New(w.Base, c.Key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.SignIn(t.Context(), "", ""); err != nil {
		t.Fatal(err)
	}
	return again
}

// App adds a confidential application and discovers the server as it would.
func (w *World) App(t testing.TB, name, redirectURI string) *client.App {
	t.Helper()
	var r client.Registered
	w.CLI(t, &r, "app", "create", "--name", name, "--redirect-uri", redirectURI, "--confidential")
	a, err := client.NewApp(t.Context(), w.Base, r, redirectURI)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Pause keeps the server from running, as a machine that is suspended would;
// Resume lets it go on.
func (w *World) Pause()  { w.Server.Signal(syscall.SIGSTOP) }
func (w *World) Resume() { w.Server.Signal(syscall.SIGCONT) }
