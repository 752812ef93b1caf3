package nodes

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"holdfast/test/need"
	"holdfast/test/world"
)

// server is a PostgreSQL of the test's own.
type server struct {
	bin, dir string // dir belongs to who runs it
	port     int
	as       *syscall.Credential // nil: whoever runs the test
}

// Pair is a primary and a standby that follows it. A commit is answered when
// the standby has it too: what was acknowledged survives the fail-over.
type Pair struct {
	Primary, Standby *server
	DSN              string // names both; leads to whichever is the primary
}

// NewPair starts both, empty.
func NewPair(t *testing.T) *Pair {
	t.Helper()
	bin := filepath.Dir(postgresProgram(t))
	dir, as := folder(t)
	p := &Pair{
		Primary: &server{bin, filepath.Join(dir, "one"), world.FreePort(t), as},
		Standby: &server{bin, filepath.Join(dir, "two"), world.FreePort(t), as},
	}
	one, two := p.Primary, p.Standby
	one.run(t, "initdb", "-D", one.dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale")
	one.configure(t, "synchronous_standby_names = '*'")
	t.Cleanup(func() { one.stop(); two.stop() })
	one.start(t)
	two.run(t, "pg_basebackup", "-D", two.dir, "-R", "-X", "stream", "-c", "fast", "-U", "postgres",
		"-h", "127.0.0.1", "-p", strconv.Itoa(one.port))
	two.configure(t, "synchronous_standby_names = ''")
	two.start(t)
	p.DSN = fmt.Sprintf("postgres://postgres@127.0.0.1:%d,127.0.0.1:%d/postgres?target_session_attrs=read-write&sslmode=disable", one.port, two.port)
	one.until(t, "select 1 from pg_stat_replication where sync_state = 'sync'")
	return p
}

// FailOver kills the primary as a power cut would, and promotes the standby.
func (p *Pair) FailOver(t *testing.T) {
	t.Helper()
	p.Kill(t)
	p.Promote(t)
}

// Kill ends the primary without a word to anybody.
func (p *Pair) Kill(t *testing.T) {
	p.Primary.run(t, "pg_ctl", "-D", p.Primary.dir, "-m", "immediate", "-w", "stop")
}

// Promote makes the standby the primary.
func (p *Pair) Promote(t *testing.T) {
	p.Standby.run(t, "pg_ctl", "-D", p.Standby.dir, "-w", "promote")
}

func postgresProgram(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_basebackup")
	if err == nil && len(found) > 0 {
		return found[len(found)-1]
	}
	return need.Program(t, "pg_basebackup")
}

// folder is a place for two clusters, owned by who may run PostgreSQL: it
// refuses to run as root.
func folder(t *testing.T) (string, *syscall.Credential) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "holdfast-pair-") // t.TempDir is for the test's user alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if os.Getuid() != 0 {
		return dir, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return dir, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (s *server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = filepath.Dir(s.dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	return cmd
}

func (s *server) run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := s.command(name, args...).CombinedOutput(); err != nil {
		log, _ := os.ReadFile(s.dir + ".log")
		t.Fatalf("%s: %v\n%s\n%s", name, err, out, log)
	}
}

func (s *server) configure(t *testing.T, more string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(s.dir, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	fmt.Fprintf(&b, "\nlisten_addresses = '127.0.0.1'\nport = %d\nunix_socket_directories = ''\nmax_connections = 200\n%s\n", s.port, more)
	if _, err := f.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
}

func (s *server) start(t *testing.T) {
	t.Helper()
	// Not CombinedOutput: the server keeps what it inherits open.
	cmd := s.command("pg_ctl", "-D", s.dir, "-l", s.dir+".log", "-w", "start")
	if err := cmd.Run(); err != nil {
		log, _ := os.ReadFile(s.dir + ".log")
		t.Fatalf("start PostgreSQL: %v\n%s", err, log)
	}
}

func (s *server) stop() { s.command("pg_ctl", "-D", s.dir, "-m", "immediate", "-w", "stop").Run() }

// until asks the server until it answers with a row.
func (s *server) until(t *testing.T, query string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", s.port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	for range 600 {
		var n int
		err := c.QueryRow(ctx, query).Scan(&n)
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "no rows") {
			t.Fatal(err)
		}
		if _, err := c.Exec(ctx, "select pg_sleep(0.05)"); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("never: %s", query)
}
