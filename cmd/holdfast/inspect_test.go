package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestInspect(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cases.json")
	if err := os.WriteFile(file, []byte(`[{"name":"a"},{"name":"b"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		args  []string
		stdin string
		exit  int
		names []string // of the verdicts; nil if nothing is printed
	}{
		{"one case", []string{"-"}, `{"name":"x"}`, 0, []string{"x"}},
		{"a batch", []string{"--batch", "-"}, `[{"name":"x"},{"name":"y"}]`, 0, []string{"x", "y"}},
		{"flag after the file", []string{"-", "--batch"}, `[{"name":"x"}]`, 0, []string{"x"}},
		{"a file", []string{"-batch", file}, ``, 0, []string{"a", "b"}},
		{"an empty batch", []string{"--batch", "-"}, `[]`, 0, []string{}},
		{"a batch without --batch is a malformed case", []string{file}, ``, 0, []string{""}},
		{"nothing", []string{"-"}, ``, 0, []string{""}},
		{"no such file", []string{file + "x"}, ``, 1, nil},
		{"no argument", nil, ``, 2, nil},
		{"two files", []string{file, file}, ``, 2, nil},
		{"unknown flag", []string{"--bunch", "-"}, ``, 2, nil},
		{"help", []string{"-h"}, ``, 0, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			exit := runInspect(test.args, strings.NewReader(test.stdin), &stdout, &stderr)
			if exit != test.exit {
				t.Errorf("exit %d, want %d: %s", exit, test.exit, stderr.String())
			}
			if test.names == nil {
				if stdout.Len() > 0 || stderr.Len() == 0 {
					t.Errorf("stdout %q, stderr %q", stdout.String(), stderr.String())
				}
				return
			}
			var verdicts []struct{ Name, Verdict, Step string }
			if err := json.Unmarshal(stdout.Bytes(), &verdicts); err != nil {
				t.Fatalf("%v in %s", err, stdout.String())
			}
			if len(verdicts) != len(test.names) {
				t.Fatalf("%d verdicts, want %d", len(verdicts), len(test.names))
			}
			for i, v := range verdicts {
				if v.Name != test.names[i] || v.Verdict != "reject" || v.Step != "input" {
					t.Errorf("verdict %d: %+v", i, v)
				}
			}
		})
	}
}
