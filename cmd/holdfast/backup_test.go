package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// commandLine runs one as main does.
func commandLine(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), console{strings.NewReader(""), &out, &err}, args)
	return status, out.String(), err.String()
}

func TestBackupCommand(t *testing.T) {
	dir := t.TempDir()
	data, to := filepath.Join(dir, "data"), filepath.Join(dir, "to")
	for _, d := range []string{data, to} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if status, _, stderr := commandLine(t, "person", "add", "--data", data, "--name", "Ada", "--email", "ada@example.org"); status != 0 {
		t.Fatal(stderr)
	}
	words := filepath.Join(dir, "words")
	if err := os.WriteFile(words, []byte("correct horse battery staple\nand a note\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"nowhere", []string{"--passphrase-file", words}, 2, "--to"},
		{"to nobody", []string{"--to", to}, 1, "backup_plain"},
		{"to two kinds", []string{"--to", to, "--passphrase-file", words, "--danger-plain"}, 1, "one of them"},
		{"to no key", []string{"--to", to, "--recipient", "age1nonsense"}, 1, "backup_recipient"},
		{"of nothing", []string{"--to", to, "--danger-plain", "--data", filepath.Join(dir, "none")}, 1, "--data"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, _, stderr := commandLine(t, append([]string{"backup", "--data", data}, c.args...)...)
			if status != c.status || !strings.Contains(stderr, c.says) {
				t.Errorf("status %d: %s", status, stderr)
			}
			if left, err := os.ReadDir(to); err != nil || len(left) > 0 {
				t.Errorf("it left %v, %v", left, err)
			}
		})
	}
	file := filepath.Join(to, "one.age")
	status, stdout, stderr := commandLine(t, "backup", "--data", data, "--to", file, "--passphrase-file", words)
	if status != 0 || !strings.Contains(stdout, "The master key is inside") || stderr != "" {
		t.Fatalf("status %d: %s%s", status, stdout, stderr)
	}
	status, stdout, stderr = commandLine(t, "restore", "--verify", file, "--passphrase-file", words)
	if status != 0 || !strings.Contains(stdout, "This backup can be restored.") || !strings.Contains(stdout, "People        1, with 0 passkeys") {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
	if status, _, stderr = commandLine(t, "restore", file, "--passphrase-file", words); status != 2 {
		t.Errorf("restored nowhere, with status %d: %s", status, stderr)
	}
	status, stdout, stderr = commandLine(t, "audit", "tail", "--data", data, "--type", "backup.made", "--json")
	if status != 0 || !strings.Contains(stdout, `"recipients"`) {
		t.Errorf("the log does not say so: %d: %s%s", status, stdout, stderr)
	}
}

// Without the master key inside, a restore needs the key's own file.
func TestBackupWithoutMasterKey(t *testing.T) {
	dir := t.TempDir()
	data, file, into := filepath.Join(dir, "data"), filepath.Join(dir, "backup.gz"), filepath.Join(dir, "into")
	for _, d := range []string{data, into} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if status, _, stderr := commandLine(t, "group", "add", "Crew", "--data", data); status != 0 {
		t.Fatal(stderr)
	}
	if status, stdout, _ := commandLine(t, "backup", "--data", data, "--to", file, "--without-master-key", "--danger-plain"); status != 0 ||
		!strings.Contains(stdout, "NOT inside") || !strings.Contains(stdout, "NOT ENCRYPTED") {
		t.Fatalf("status %d: %s", status, stdout)
	}
	if status, _, stderr := commandLine(t, "restore", file, "--data", into); status != 1 || !strings.Contains(stderr, "not in this backup") {
		t.Errorf("status %d: %s", status, stderr)
	}
	key, err := os.ReadFile(filepath.Join(data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(into, "master.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := commandLine(t, "restore", file, "--data", into); status != 0 {
		t.Errorf("status %d: %s", status, stderr)
	}
	if status, stdout, stderr := commandLine(t, "group", "list", "--data", into); status != 0 || !strings.Contains(stdout, "Crew") {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
}
