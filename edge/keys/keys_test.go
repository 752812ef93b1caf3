package keys

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

func TestLoadMakesOneKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := Load(path, false); err == nil {
		t.Fatal("a missing key was accepted")
	}
	var wg sync.WaitGroup
	got := make([]Master, 8)
	for i := range got {
		wg.Go(func() { got[i], _ = Load(path, true) })
	}
	wg.Wait()
	for _, m := range got {
		if len(m.key) != 32 || !bytes.Equal(m.key, got[0].key) {
			t.Fatal("processes that start at once have different keys")
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	for _, c := range []struct {
		name, text string
		mode       os.FileMode
		want       string
	}{
		{"readable by others", base64.StdEncoding.EncodeToString(make([]byte, 32)), 0o644, "chmod 600"},
		{"too short", base64.StdEncoding.EncodeToString(make([]byte, 31)), 0o600, "not 32 bytes"},
		{"no base64", "hello, world", 0o600, "not 32 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			os.Remove(path)
			if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(path, true); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestWrap(t *testing.T) {
	m, other := Master{bytes.Repeat([]byte{1}, 32)}, Master{bytes.Repeat([]byte{2}, 32)}
	w := m.Wrap("key_a", []byte("secret"))
	if got, err := m.Unwrap("key_a", w); err != nil || string(got) != "secret" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := m.Unwrap("key_b", w); err == nil {
		t.Error("it opened under another name")
	}
	if _, err := other.Unwrap("key_a", w); err == nil {
		t.Error("it opened under another master key")
	}
	if bytes.Equal(m.Derive("a"), m.Derive("b")) {
		t.Error("two labels gave one key")
	}
}

func TestLogSigner(t *testing.T) {
	m := Master{bytes.Repeat([]byte{1}, 32)}
	signer, verifier, _, err := m.Log("localhost/holdfast")
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: "hello\n"}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(signed, note.VerifierList(verifier)); err != nil {
		t.Error(err)
	}
	_, again, _, _ := m.Log("localhost/holdfast")
	if again.KeyHash() != verifier.KeyHash() {
		t.Error("the log's key changed between starts")
	}
}

// systemd gives a service's user the right to read a credential by an access
// control list, which stat shows as 0440.
func TestHandedByTheServiceManager(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "master.key")
	if err := os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))), 0o440); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path, false); err == nil {
		t.Error("a key that a group may read was taken")
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir+"/")
	if _, err := Load(path, false); err != nil {
		t.Error(err)
	}
	for _, mode := range []os.FileMode{0o444, 0o460} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path, false); err == nil {
			t.Errorf("a key of mode %04o was taken", mode)
		}
	}
	t.Setenv("CREDENTIALS_DIRECTORY", filepath.Dir(dir))
	if err := os.Chmod(path, 0o440); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path, false); err == nil {
		t.Error("a key in another folder was taken")
	}
}
