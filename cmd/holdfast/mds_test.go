package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdfast/edge/web/api"
	"holdfast/test/mdsblob"
)

// import -> status -> show -> an older one, a stranger's, one that is cut off -> status
func TestMetadataFromTheCommandLine(t *testing.T) {
	a, stranger := mdsblob.New("test"), mdsblob.New("stranger")
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	root := write("root.pem", []byte(a.PEM()))
	config := write("holdfast.yaml", []byte("data: data\nmds_root_files: [root.pem]\n"))
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	blob := func(a *mdsblob.Authority, no int64, due time.Time) []byte {
		return a.Sign(mdsblob.Blob{No: no, NextUpdate: due, Entries: []mdsblob.Entry{mdsblob.Certified([16]byte{0xaa}, a.Root, "FIDO_CERTIFIED_L1plus")}})
	}
	soon, long := time.Now().AddDate(0, 1, 0), time.Now().AddDate(-1, 0, 0)
	do := func(want int, args ...string) (out, said string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		args = append(append([]string{"mds"}, args...), "--config", config)
		if got := run(t.Context(), console{strings.NewReader(""), &stdout, &stderr}, args); got != want {
			t.Fatalf("%v: exit %d: %s%s", args, got, stdout.String(), stderr.String())
		}
		return stdout.String(), stderr.String()
	}
	refused := func(code string, args ...string) {
		t.Helper()
		if _, said := do(1, append([]string{"import"}, args...)...); !strings.Contains(said, code) {
			t.Errorf("%v: %s, want %s", args, said, code)
		}
	}
	if _, said := do(0, "status"); !strings.Contains(said, "No metadata were imported") {
		t.Errorf("before the first: %s", said)
	}
	write("folder/5.jwt", blob(a, 5, soon))
	write("folder/9.jwt", blob(stranger, 9, soon))
	write("folder/7.blob", append(blob(a, 7, soon), '\n'))
	if out, said := do(0, "import", filepath.Join(dir, "folder")); !strings.Contains(out, "current") || !strings.Contains(said, "9.jwt: ") || !strings.Contains(said, "mds_root") {
		t.Errorf("a folder: %s%s", out, said)
	}
	var got api.Metadata
	out, _ := do(0, "status", "--json")
	if err := json.Unmarshal([]byte(out), &got); err != nil || got.No != 7 || got.State != "current" || !strings.HasSuffix(got.Found, "7.blob") {
		t.Errorf("%+v, %v", got, err)
	}
	if out, _ := do(0, "show", "aa000000-0000-0000-0000-000000000000"); !strings.Contains(out, "FIDO_CERTIFIED_L1plus") {
		t.Errorf("%s", out)
	}
	if out, _ := do(0, "list"); !strings.Contains(out, "aa000000-0000-0000-0000-000000000000") {
		t.Errorf("%s", out)
	}
	refused("mds_older", write("6.jwt", blob(a, 6, soon)))
	refused("mds_root", write("s.jwt", blob(stranger, 9, soon)))
	refused("mds_truncated", write("cut.jwt", blob(a, 9, soon)[:500]))
	refused("mds_too_large", write("large.jwt", bytes.Repeat([]byte("A"), 33<<20)))
	refused("mds_format", root)
	refused("mds_source", "http://mds.example.org/")
	refused("mds_source", filepath.Join(dir, "none"))
	if out, _ := do(0, "status", "--json"); !strings.Contains(out, `"no":7`) {
		t.Errorf("what was refused is current: %s", out)
	}
	theirs := write("theirs.pem", []byte(stranger.PEM()))
	if _, said := do(0, "import", write("late.jwt", blob(stranger, 10, long)), "--root", theirs); !strings.Contains(said, "ALARM") {
		t.Errorf("overdue, and nobody said so: %s", said)
	}
}
