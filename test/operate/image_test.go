package operate

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"holdfast/test/need"
	"holdfast/test/world"
)

// descriptor is that of the OCI image specification.
type descriptor struct {
	MediaType, Digest string
	Size              int64
}

type entry struct {
	tar.Header
	data []byte
}

// entries reads a tar file.
func entries(t *testing.T, r io.Reader) map[string]entry {
	t.Helper()
	all := map[string]entry{}
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.Trim(strings.TrimPrefix(h.Name, "."), "/")] = entry{*h, data}
	}
}

// blob is what a descriptor points to; its digest and size must be right.
func blob(t *testing.T, image map[string]entry, d descriptor) []byte {
	t.Helper()
	algorithm, sum, _ := strings.Cut(d.Digest, ":")
	e, ok := image["blobs/"+algorithm+"/"+sum]
	got := sha256.Sum256(e.data)
	if !ok || algorithm != "sha256" || hex.EncodeToString(got[:]) != sum || int64(len(e.data)) != d.Size {
		t.Fatalf("%+v: it is there: %v; %d bytes, sha256 %x", d, ok, len(e.data), got)
	}
	return e.data
}

func parse(t *testing.T, text []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func TestImage(t *testing.T) {
	binary := static(t)
	file := pack(t, "oci/build", binary)
	if small := little(t); !bytes.Equal(read(t, pack(t, "oci/build", small)), read(t, pack(t, "oci/build", small))) {
		t.Error("the same input gives other bytes")
	}
	image := entries(t, bytes.NewReader(read(t, file)))

	var layout struct{ ImageLayoutVersion string }
	parse(t, image["oci-layout"].data, &layout)
	var index struct {
		SchemaVersion int
		Manifests     []descriptor
	}
	parse(t, image["index.json"].data, &index)
	if layout.ImageLayoutVersion != "1.0.0" || index.SchemaVersion != 2 || len(index.Manifests) != 1 {
		t.Fatalf("got %+v, %+v", layout, index)
	}
	var manifest struct {
		MediaType string
		Config    descriptor
		Layers    []descriptor
	}
	parse(t, blob(t, image, index.Manifests[0]), &manifest)
	var config struct {
		Architecture, OS string
		Config           struct {
			User            string
			Entrypoint, Cmd []string
		}
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	parse(t, blob(t, image, manifest.Config), &config)
	if manifest.MediaType != "application/vnd.oci.image.manifest.v1+json" || len(manifest.Layers) != 1 || config.OS != "linux" ||
		config.Config.User != "65532:65532" || len(config.RootFS.DiffIDs) != 1 {
		t.Fatalf("got %+v, %+v", manifest, config)
	}
	z, err := gzip.NewReader(bytes.NewReader(blob(t, image, manifest.Layers[0])))
	if err != nil {
		t.Fatal(err)
	}
	layer, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(layer); config.RootFS.DiffIDs[0] != "sha256:"+hex.EncodeToString(sum[:]) {
		t.Errorf("the diff id is %s, the layer %x", config.RootFS.DiffIDs[0], sum)
	}
	root := entries(t, bytes.NewReader(layer))
	for name, e := range root {
		ours := name == "var/lib/holdfast"
		if (e.Uid == 65532) != ours || !ours && e.Uid != 0 || e.Mode&0o022 != 0 || e.ModTime.Unix() != 1780315200 {
			t.Errorf("%s has mode %o, owner %d, time %s", name, e.Mode, e.Uid, e.ModTime)
		}
	}
	if root["usr/bin/holdfast"].Mode != 0o755 || root["var/lib/holdfast"].Mode != 0o700 {
		t.Errorf("modes %o, %o", root["usr/bin/holdfast"].Mode, root["var/lib/holdfast"].Mode)
	}
	runImage(t, root, append(config.Config.Entrypoint, config.Config.Cmd...))
}

// runImage starts what the image would, with nothing but the image's files, as
// the image's user. A container runtime adds namespaces to this.
func runImage(t *testing.T, root map[string]entry, command []string) {
	t.Helper()
	if os.Geteuid() != 0 {
		need.File(t, "/proc/root-is-needed-for-chroot")
	}
	dir := t.TempDir()
	for _, kind := range []byte{tar.TypeDir, tar.TypeReg} {
		for name, e := range root {
			path := filepath.Join(dir, name)
			if e.Typeflag != kind {
				continue
			}
			err := os.MkdirAll(filepath.Dir(path), 0o755)
			if kind == tar.TypeDir {
				err = errors.Join(err, os.MkdirAll(path, 0o755))
			} else {
				err = errors.Join(err, os.WriteFile(path, e.data, os.FileMode(e.Mode)))
			}
			if err = errors.Join(err, os.Chmod(path, os.FileMode(e.Mode)), os.Chown(path, e.Uid, e.Gid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	port := world.FreePort(t)
	if command[len(command)-1] != "0.0.0.0:8080" {
		t.Fatalf("it runs %q", command)
	}
	command[len(command)-1] = fmt.Sprintf("0.0.0.0:%d", port)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = "/var/lib/holdfast", []string{"PATH=/usr/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: dir, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && !strings.Contains(lines.Text(), "/setup#") {
	}
	r, err := http.Get(fmt.Sprintf("http://localhost:%d/readyz", port))
	if err != nil || r.Body.Close() != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("it is not ready: %v", err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, stdout); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
