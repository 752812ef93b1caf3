package operate

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdfast/test/client"
	"holdfast/test/need"
	"holdfast/test/softkey"
	"holdfast/test/world"
)

// podman is one whose images, containers and volumes go with the test. It works
// in a mount namespace of its own, so that none of its mounts is left over, and
// sees there the one hierarchy of control groups that its runtime insists on,
// of which it makes no use.
type podman struct {
	program string
	flags   []string
}

const alone = `mount --make-rprivate /
[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || mount -t cgroup2 none /sys/fs/cgroup
exec "$@"`

func (p podman) command(ctx context.Context, args ...string) *exec.Cmd {
	all := append([]string{"--mount", "sh", "-ec", alone, "podman", p.program}, p.flags...)
	return exec.CommandContext(ctx, "unshare", append(all, args...)...)
}

func (p podman) run(t *testing.T, args ...string) string {
	t.Helper()
	var said, wrong bytes.Buffer
	cmd := p.command(t.Context(), args...)
	cmd.Stdout, cmd.Stderr = &said, &wrong
	if err := cmd.Run(); err != nil {
		t.Fatalf("podman %s: %v: %s", strings.Join(args, " "), err, &wrong)
	}
	return strings.TrimSpace(said.String())
}

// confined is how an image that needs nothing can be run: the limits are this
// process's own, as a container may have no higher ones.
var confined = []string{"--network", "host", "--cgroups", "disabled", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
	"--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges"}

// startPodman skips where the kernel lets podman start no container at all:
// whether it can is tried on a folder, so that nothing which is wrong with our
// image is taken for it.
func startPodman(t *testing.T, binary string) podman {
	t.Helper()
	program := need.Program(t, "podman")
	if os.Geteuid() != 0 {
		need.File(t, "/proc/root-is-needed-for-a-mount-namespace")
	}
	need.Program(t, "unshare")
	dir := t.TempDir()
	p := podman{program, []string{"--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file",
		"--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "--tmpdir", filepath.Join(dir, "tmp")}}
	bare := filepath.Join(dir, "bare")
	if err := os.Mkdir(bare, 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, "cp", binary, filepath.Join(bare, "holdfast"))
	try := append(append([]string{"run", "--rm"}, confined...), "--rootfs", bare, "/holdfast", "version")
	if out, err := p.command(t.Context(), try...).CombinedOutput(); err != nil {
		t.Skipf("podman can start nothing on this machine: %v: %s", err, out)
	}
	return p
}

// What a container runtime makes of the image: it is loaded, runs as its own
// user with no capability on a root that cannot be written, somebody signs in,
// it ends when it is told to, and a second container goes on from the volume.
func TestImageUnderPodman(t *testing.T) {
	binary := static(t)
	p := startPodman(t, binary)
	image := strings.TrimPrefix(p.run(t, "load", "--quiet", "--input", pack(t, "oci/build", binary)), "Loaded image: ")
	if image != "localhost/holdfast:1.2.3" {
		t.Fatalf("it was loaded as %q", image)
	}
	address := fmt.Sprintf("localhost:%d", world.FreePort(t))
	browser, err := client.New("http://"+address, softkey.New(softkey.Config{}))
	if err != nil {
		t.Fatal(err)
	}

	_, link, _ := strings.Cut(p.container(t, "first", image, address, "/setup#"), "/setup#")
	status := string(read(t, filepath.Join("/proc", p.run(t, "inspect", "--format", "{{.State.Pid}}", "first"), "status")))
	for _, want := range []string{"Uid:\t65532\t65532\t65532\t65532\n", "CapEff:\t0000000000000000\n", "CapBnd:\t0000000000000000\n", "NoNewPrivs:\t1\n", "Seccomp:\t2\n"} {
		if !strings.Contains(status, want) {
			t.Errorf("no %q in %s", want, status)
		}
	}
	founding := client.Founding{Organisation: "Example", Name: "Ada", Email: "ada@example.org"}
	if _, err := browser.SetUp(t.Context(), strings.TrimSpace(link), founding); err != nil {
		t.Fatal(err)
	}
	if people := p.run(t, "exec", "first", "/usr/bin/holdfast", "person", "list", "--data", "/var/lib/holdfast"); !strings.Contains(people, "ada@example.org") {
		t.Errorf("the command inside says %s", people)
	}
	p.stop(t, "first")

	p.container(t, "second", image, address, "Data folder")
	if _, err := browser.SignIn(t.Context(), "", "/me/passkeys"); err != nil {
		t.Errorf("the volume of the first was not kept: %v", err)
	}
	if log := p.run(t, "logs", "second"); strings.Contains(log, "/setup#") {
		t.Errorf("an organisation that has an administrator is offered anew: %s", log)
	}
	p.stop(t, "second")
}

// container starts one, waits for a line with a word in it, and answers that.
func (p podman) container(t *testing.T, name, image, address, word string) string {
	t.Helper()
	args := append([]string{"run", "--detach", "--name", name, "--volume", "holdfast:/var/lib/holdfast"}, confined...)
	p.run(t, append(args, image, "serve", "--data", "/var/lib/holdfast", "--listen", address)...)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if out, err := p.command(ctx, "rm", "--force", "--time", "0", name).CombinedOutput(); err != nil {
			t.Errorf("podman rm %s: %v: %s", name, err, out)
		}
	})
	logs := p.command(t.Context(), "logs", "--follow", name)
	out, err := logs.StdoutPipe()
	if err == nil {
		err = logs.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer logs.Wait()
	defer logs.Process.Kill()
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), word) {
	}
	if r, err := browser(nil).Get("http://" + address + "/readyz"); err != nil || r.Body.Close() != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("it is not ready: %v: %q", err, lines.Text())
	}
	return lines.Text()
}

// stop asks for the end, and wants it done in good order, long before podman
// would kill.
func (p podman) stop(t *testing.T, name string) {
	t.Helper()
	p.run(t, "stop", "--time", "60", name)
	if code := p.run(t, "inspect", "--format", "{{.State.ExitCode}}", name); code != "0" {
		t.Errorf("%s ended with status %s: %s", name, code, p.run(t, "logs", name))
	}
}
