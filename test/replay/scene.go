package replay

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"holdfast/test/client"
	"holdfast/test/need"
	"holdfast/test/softkey"
	"holdfast/test/world"
)

// scene is one server with a copy of the organisation.
type scene struct {
	*Organisation
	ctx    context.Context
	base   string
	dir    string
	cmd    *exec.Cmd
	app    *client.App
	dirty  bool             // the attack under way has changed something
	spoilt map[*Person]bool // whose accounts are not as they were

	removed, moved bool // by the attack under way: a passkey of the target; the target
}

// open copies the data folder and starts binary on it, mutant being what it is
// told to leave out.
func (o *Organisation) open(ctx context.Context, t need.T, binary, mutant string) (*scene, error) {
	dir, err := os.MkdirTemp("", "replay-")
	if err != nil {
		return nil, err
	}
	s := &scene{Organisation: o, ctx: ctx, dir: dir, spoilt: map[*Person]bool{}}
	if err := copied(filepath.Join(dir, "data"), o.Data); err != nil {
		s.close()
		return nil, err
	}
	for range 5 { // another test may have taken the port between the look and the use
		if err = s.start(world.FreePort(t), binary, mutant); err == nil {
			return s, nil
		}
	}
	s.close()
	return nil, err
}

// copied copies the files of a folder. Nobody else may read them: the server
// refuses a key that others can.
func copied(to, from string) error {
	all, err := os.ReadDir(from)
	if err == nil {
		err = os.Mkdir(to, 0o700)
	}
	for _, f := range all {
		if err != nil || !f.Type().IsRegular() {
			continue
		}
		var text []byte
		if text, err = os.ReadFile(filepath.Join(from, f.Name())); err == nil {
			err = os.WriteFile(filepath.Join(to, f.Name()), text, 0o600)
		}
	}
	return err
}

func (s *scene) start(port int, binary, mutant string) error {
	address := fmt.Sprintf("localhost:%d", port)
	s.base = "http://" + address
	config := filepath.Join(s.dir, "holdfast.yaml")
	text := fmt.Sprintf("origin: %s\nlisten: %s\ndata: %s\n", s.base, address, filepath.Join(s.dir, "data"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	s.cmd = exec.Command(binary, "serve", "--config", config)
	s.cmd.Env = append(os.Environ(), "HOLDFAST_MUTANT="+mutant)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var stderr strings.Builder
	s.cmd.Stderr = &stderr
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Data folder") {
			go io.Copy(io.Discard, out)
			return nil
		}
	}
	s.cmd.Wait()
	return fmt.Errorf("the server ended: %s", stderr.String())
}

// close ends the server. Nothing of it is needed any more, so it is not asked.
func (s *scene) close() {
	if s.cmd != nil && s.cmd.Process != nil {
		s.cmd.Process.Kill()
		s.cmd.Wait()
	}
	os.RemoveAll(s.dir)
}

// stranger is the attacker's own browser.
func (s *scene) stranger(a *softkey.Authenticator) (*client.Client, error) {
	if a == nil {
		a = softkey.New(softkey.Config{})
	}
	return client.New(s.base, a)
}
