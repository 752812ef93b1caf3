package operate

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdfast/test/need"
	"holdfast/test/world"
)

func TestDeb(t *testing.T) {
	dpkg, deb := need.Program(t, "dpkg"), need.Program(t, "dpkg-deb")
	binary := static(t)
	file := pack(t, "deb/build", binary)
	if filepath.Base(file)[:len("holdfast_1.2.3_")] != "holdfast_1.2.3_" {
		t.Errorf("the package is %s", file)
	}

	t.Run("the same bytes again", func(t *testing.T) {
		if small := little(t); !bytes.Equal(read(t, pack(t, "deb/build", small)), read(t, pack(t, "deb/build", small))) {
			t.Error("it differs")
		}
	})
	t.Run("modes and owners", func(t *testing.T) {
		list := run(t, deb, "--contents", file)
		for _, want := range []string{"-rwxr-xr-x root/root", "./usr/bin/holdfast", "./usr/lib/systemd/system/holdfast.service", "./etc/holdfast/holdfast.yaml", "./usr/share/doc/holdfast/operate.md"} {
			if !strings.Contains(list, want) {
				t.Errorf("no %s in\n%s", want, list)
			}
		}
		if strings.Contains(list, "rw-rw-") || strings.Contains(list, "rwxrwx") {
			t.Errorf("a group may write: %s", list)
		}
	})
	t.Run("installs, runs, goes", func(t *testing.T) {
		if os.Geteuid() != 0 {
			need.File(t, "/proc/root-is-needed-to-install")
		}
		root := t.TempDir()
		if err := os.MkdirAll(filepath.Join(root, "var/lib/dpkg/updates"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{"status", "available"} {
			if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg", f), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		options := []string{"--root=" + root, "--force-script-chrootless", "--force-depends", "--log=" + filepath.Join(root, "log")}
		if said := run(t, dpkg, append(options, "--install", file)...); !strings.Contains(said, "does not run yet") {
			t.Errorf("it says %s", said)
		}
		config, program := filepath.Join(root, "etc/holdfast/holdfast.yaml"), filepath.Join(root, "usr/bin/holdfast")
		if said, err := output(program, "config", "check", "--config", config); err == nil || !strings.Contains(said, "name for examples") {
			t.Errorf("the shipped configuration: %v, %s", err, said)
		}
		address := fmt.Sprintf("localhost:%d", world.FreePort(t))
		text := fmt.Sprintf("origin: http://%s\nlisten: %s\ndata: %s/var/lib/holdfast\n", address, address, root)
		if err := os.WriteFile(config, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		run(t, program, "config", "check", "--config", config)
		p := world.RunProgram(t, program, "serve", "--config", config)
		if _, err := p.Line("/setup#"); err != nil {
			t.Fatal(err)
		}
		if err := p.Interrupt(); err != nil {
			t.Error(err)
		}

		run(t, dpkg, append(options, "--install", pack(t, "deb/build", binary, "HOLDFAST_VERSION=1.2.4"))...)
		if string(read(t, config)) != text {
			t.Error("an upgrade changed the configuration")
		}
		run(t, dpkg, append(options, "--purge", "holdfast")...)
		if _, err := os.Stat(program); err == nil {
			t.Error("the program is still there")
		}
		if _, err := os.Stat(filepath.Join(root, "var/lib/holdfast/master.key")); err != nil {
			t.Errorf("purging took the master key: %v", err)
		}
	})
}
