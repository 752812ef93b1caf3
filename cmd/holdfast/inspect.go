package main

import (
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"holdfast/edge/metadata"
	"holdfast/flow/inspect"
	"holdfast/spec/mds"
)

const inspectUsage = `Usage: holdfast inspect [--batch] FILE|-

Judges a WebAuthn registration or authentication that is written down as JSON,
with the same functions as the sign-in door, and prints a JSON array of
verdicts. With --batch FILE holds an array of cases. "-" is standard input.
docs/inspect.md describes the members of a case and of a verdict.
`

// runInspect exits with 0 whatever the verdicts are, 1 if FILE cannot be read
// or the verdicts cannot be written, 2 if the arguments make no sense.
func runInspect(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("inspect", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, inspectUsage) }
	batch := flags.Bool("batch", false, "FILE holds a JSON array of cases")
	var files []string
	for len(args) > 0 { // flags may also follow FILE
		if err := flags.Parse(args); err == flag.ErrHelp {
			return 0
		} else if err != nil {
			return 2
		}
		if args = flags.Args(); len(args) > 0 {
			files, args = append(files, args[0]), args[1:]
		}
	}
	if len(files) != 1 {
		fmt.Fprint(stderr, inspectUsage)
		return 2
	}
	if err := inspectFile(files[0], *batch, stdin, stdout); err != nil {
		fmt.Fprintln(stderr, "holdfast inspect:", err)
		return 1
	}
	return 0
}

func inspectFile(name string, batch bool, stdin io.Reader, stdout io.Writer) error {
	in := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	bench := inspect.New(time.Now()).With(inspect.Outside{ReadFile: readBLOB, MDSRoots: []*x509.Certificate{metadata.FIDORoot()}})
	out := verdictList{w: stdout}
	if batch {
		if err := bench.Batch(in, runtime.GOMAXPROCS(0), out.add); err != nil {
			return err
		}
		return out.end()
	}
	text, err := io.ReadAll(io.LimitReader(in, inspect.MaxCase+1))
	if err != nil {
		return err
	}
	if err := out.add(bench.Judge(text)); err != nil {
		return err
	}
	return out.end()
}

// readBLOB reads no more of a file than a BLOB may have.
func readBLOB(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, mds.MaxBytes+1))
}

// verdictList writes a JSON array element by element.
type verdictList struct {
	w     io.Writer
	begun bool
}

func (l *verdictList) add(v inspect.Verdict) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	before := ",\n"
	if !l.begun {
		before, l.begun = "[\n", true
	}
	_, err = fmt.Fprintf(l.w, "%s%s", before, text)
	return err
}

func (l *verdictList) end() error {
	after := "\n]\n"
	if !l.begun {
		after = "[]\n"
	}
	_, err := io.WriteString(l.w, after)
	return err
}
