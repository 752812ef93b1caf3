package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// serverBinary builds the server as it is shipped, once.
func (b *bench) serverBinary(ctx context.Context) (string, error) {
	if b.server != "" {
		return b.server, nil
	}
	if b.binary == "" {
		to := filepath.Join(b.dir, "holdfast")
		if err := b.build(ctx, to, "-ldflags", "-s -w"); err != nil {
			return "", err
		}
		b.binary = to
	}
	return b.binary, nil
}

func (b *bench) build(ctx context.Context, to string, flags ...string) error {
	args := append([]string{"build", "-trimpath", "-o", to}, flags...)
	if b.prof != "" {
		overlay, err := b.overlay()
		if err != nil {
			return err
		}
		args = append(args, "-overlay", overlay)
	}
	c := exec.CommandContext(ctx, "go", append(args, "holdfast/cmd/holdfast")...)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	c.Stderr = os.Stderr
	return c.Run()
}

// server is a running holdfast.
type server struct {
	binary string
	data   string // folder
	addr   string // host:port
	origin string
	cmd    *exec.Cmd
	log    *os.File

	profile string // file of a CPU profile

	others []*server // further nodes
}

// node is the i-th, counted round and round.
func (s *server) node(i int) *server {
	if i %= 1 + len(s.others); i > 0 {
		return s.others[i-1]
	}
	return s
}

// cpu is the processor time of all nodes.
func (s *server) cpu() (sum time.Duration, err error) {
	for i := range 1 + len(s.others) {
		one, err := cpuOf(s.node(i).cmd.Process.Pid, false)
		if err != nil {
			return 0, err
		}
		sum += one
	}
	return sum, nil
}

// addNodes starts the others, with the database, origin and master key of s.
func (b *bench) addNodes(ctx context.Context, s *server, dsn string) error {
	for i := 1; i < b.nodes; i++ {
		n, err := b.newServer(ctx, fmt.Sprintf("node%d", i), dsn)
		if err != nil {
			return err
		}
		n.origin = s.origin
		config := fmt.Sprintf("origin: %s\nlisten: %s\ndata: %s\ndatabase_url_file: %s\nmaster_key_file: %s\n",
			n.origin, n.addr, n.data, filepath.Join(n.data, "database-url"), filepath.Join(s.data, "master.key"))
		if err := os.WriteFile(n.config(), []byte(config), 0o600); err != nil {
			return err
		}
		if _, err := n.start(ctx); err != nil {
			return err
		}
		s.others = append(s.others, n)
	}
	return nil
}

// newServer prepares one that is not yet started. dsn empty: SQLite.
func (b *bench) newServer(ctx context.Context, name, dsn string) (*server, error) {
	binary, err := b.serverBinary(ctx)
	if err != nil {
		return nil, err
	}
	s := &server{binary: binary, data: filepath.Join(b.dir, name)}
	s.profile = filepath.Join(s.data, "profile")
	if err := os.Mkdir(s.data, 0o700); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.addr = l.Addr().String()
	s.origin = "http://localhost:" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	if err := l.Close(); err != nil {
		return nil, err
	}
	config := fmt.Sprintf("origin: %s\nlisten: %s\ndata: %s\n", s.origin, s.addr, s.data)
	if dsn != "" {
		file := filepath.Join(s.data, "database-url")
		if err := os.WriteFile(file, []byte(dsn+"\n"), 0o600); err != nil {
			return nil, err
		}
		config += "database_url_file: " + file + "\n"
	}
	return s, os.WriteFile(s.config(), []byte(config), 0o600)
}

func (s *server) config() string { return filepath.Join(s.data, "holdfast.yaml") }

// start runs it and says how long it took from there to the first answer.
func (s *server) start(ctx context.Context) (took time.Duration, err error) {
	if s.log, err = os.OpenFile(filepath.Join(s.data, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return 0, err
	}
	s.cmd = exec.Command(s.binary, "serve", "--config", s.config())
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.Env = append(os.Environ(), "HOLDFAST_BENCH_PROFILE="+s.profile)
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return 0, err
	}
	for deadline := began.Add(time.Minute); ; {
		if err = s.answers(); err == nil {
			return time.Since(began), nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			text, _ := os.ReadFile(s.log.Name())
			return 0, errors.Join(fmt.Errorf("the server does not answer: %w; it says: %s", err, text), s.stop())
		}
		time.Sleep(500 * time.Microsecond)
	}
}

// answers asks for the page to sign in with: templates and database are there.
func (s *server) answers() error {
	c, err := dial(s.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	status, _, err := c.do([]byte("GET /signin HTTP/1.1\r\nHost: " + strings.TrimPrefix(s.origin, "http://") + "\r\n\r\n"))
	if err == nil && status != 200 {
		err = fmt.Errorf("GET /signin: status %d", status)
	}
	return err
}

// stop ends it as a supervisor would.
func (s *server) stop() error {
	for _, n := range s.others {
		if err := n.stop(); err != nil {
			return err
		}
	}
	s.others = nil
	defer s.log.Close()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// holdfast runs a command of the CLI and answers what it prints.
func (s *server) holdfast(ctx context.Context, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, s.binary, args...)
	c.Stderr = os.Stderr
	return c.Output()
}

// tick is USER_HZ, which is 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// cpuOf is the processor time of one process, or of its ended children too.
func cpuOf(pid int, children bool) (time.Duration, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	// The second field, in brackets, may hold anything; the 14th to 17th are
	// utime, stime, cutime and cstime (man 5 proc_pid_stat).
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	use := fields[11:13]
	if children {
		use = fields[11:15]
	}
	var ticks int64
	for _, f := range use {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// memoryOf is a figure in bytes of /proc/PID/status, such as VmRSS.
func memoryOf(pid int, name string) (int64, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, name+":"); ok {
			n, err := strconv.ParseInt(strings.Fields(v)[0], 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("process %d has no %s", pid, name)
}
