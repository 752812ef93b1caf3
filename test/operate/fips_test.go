package operate

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"holdfast/test/need"
	"holdfast/test/world"
)

type said struct {
	Version, Go string
	FIPS140     struct {
		Enabled, Enforced bool
		Module            string
	}
}

func versionOf(t *testing.T, binary string) (s said) {
	t.Helper()
	if err := json.Unmarshal([]byte(run(t, binary, "version", "--json")), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFIPSBuild(t *testing.T) {
	if s := versionOf(t, world.Binary(t)); s.FIPS140.Enabled || s.FIPS140.Module != "" || s.Version == "" || !strings.HasPrefix(s.Go, "go1.") {
		t.Errorf("the usual build says %+v", s)
	}
	binary := filepath.Join(t.TempDir(), "holdfast")
	cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", binary, "./cmd/holdfast")
	cmd.Dir, cmd.Env = need.Root(t), append(os.Environ(), "CGO_ENABLED=0", "GOFIPS140=v1.0.0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	if s := versionOf(t, binary); !s.FIPS140.Enabled || s.FIPS140.Enforced || !strings.HasPrefix(s.FIPS140.Module, "v1.0.0") {
		t.Errorf("the FIPS build says %+v", s)
	}
	if out := run(t, binary, "version"); !strings.Contains(out, "FIPS 140-3 mode; Go Cryptographic Module v1.0.0") {
		t.Errorf("it says %s", out)
	}
	// As docs/operate.md says: it serves in the strictest mode, and backs nothing up.
	t.Setenv("GODEBUG", "fips140=only")
	if s := versionOf(t, binary); !s.FIPS140.Enforced {
		t.Errorf("in the strictest mode it says %+v", s)
	}
	d := deploy(t, "http")
	d.server = world.RunProgram(t, binary, "serve", "--config", d.config)
	if _, err := d.server.Line("/setup#"); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(d.dir, "passphrase")
	write(t, key, "correct horse battery staple\n")
	if out, err := output(binary, "backup", "--config", d.config, "--to", d.dir, "--passphrase-file", key); err == nil || !strings.Contains(out, "FIPS 140-only") {
		t.Errorf("backup: %v, %s", err, out)
	}
	if err := d.server.Interrupt(); err != nil {
		t.Error(err)
	}
}
