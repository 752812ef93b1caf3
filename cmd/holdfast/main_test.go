package main

import (
	"flag"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestArgumentsStandAmongFlags(t *testing.T) {
	const id = "-TOJqfRx1lqa2JrIB-y6ITFAxoOBEJ_sgz4gwl7qiWo"
	for _, c := range []struct {
		name string
		args []string
		data string
		want []string // nil: refused
	}{
		{"flags first", []string{"--data", "d", "--json", "ada"}, "d", []string{"ada"}},
		{"flags behind", []string{"ada", "--json", "--data=d"}, "d", []string{"ada"}},
		{"a passkey like a flag", []string{"--json", "-name", "x", id, "--data", "d"}, "d", []string{id}},
		{"a passkey behind a switch", []string{"--json", id}, "", []string{id}},
		{"a passkey behind two dashes", []string{"--", id}, "", []string{id}},
		{"a value like a passkey", []string{"ada", "--data", id}, id, []string{"ada"}},
		{"an unknown flag", []string{"--jsonn", "ada"}, "", nil},
		{"a long unknown flag", []string{"--this-flag-is-not-known-here!", "ada"}, "", nil},
		{"too many", []string{"ada", "grace"}, "", nil},
		{"too few", nil, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			fs := flag.NewFlagSet("holdfast credential suspend", flag.ContinueOnError)
			data := fs.String("data", "", "")
			fs.String("name", "", "")
			fs.Bool("json", false, "")
			err := parse(console{err: io.Discard}, fs, c.args, "PERSON")
			if c.want == nil {
				if err == nil {
					t.Fatalf("got %v, want it refused", fs.Args())
				}
				return
			}
			if d := cmp.Diff(c.want, fs.Args()); d != "" || err != nil || *data != c.data {
				t.Errorf("got %v, data %q (-want +got):\n%s", err, *data, d)
			}
		})
	}
}
