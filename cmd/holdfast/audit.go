package main

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"holdfast/edge/host"
	"holdfast/spec/translog"
)

func auditLog() noun {
	return noun{"audit", "the tamper-evident log", []verb{
		{name: "tail", summary: "list records, the newest first", columns: []string{"index", "at", "type", "actor", "subject"}, flags: tailFlags},
		{name: "verify", summary: "find any change to log or tables; --export: offline", flags: verifyFlags, run: runVerify},
		{name: "prove", summary: "prove that a record is in the log", args: []string{"INDEX"},
			columns: []string{"index", "at", "type", "verifier", "entry", "proof"}, flags: func(*flag.FlagSet) input {
				return func(args []string) (any, error) {
					var index int64
					if _, err := fmt.Sscan(args[0], &index); err != nil {
						return nil, fmt.Errorf("%q is not the number of a record", args[0])
					}
					return map[string]int64{"index": index}, nil
				}
			}},
		{name: "export", summary: "write the log as a folder of files that verify offline", args: []string{"DIR"}, run: runExport,
			flags: func(*flag.FlagSet) input { return func(args []string) (any, error) { return args[0], nil } }},
		{name: "checkpoint", summary: "print the signed head of the log, to be kept elsewhere", run: runCheckpoint},
		{name: "key", summary: "print the log's public key", columns: []string{"verifier"}},
	}}
}

func tailFlags(fs *flag.FlagSet) input {
	var t host.Tail
	fs.StringVar(&t.Type, "type", "", "only `TYPE`, such as session.opened or session.*")
	fs.StringVar(&t.Actor, "actor", "", "only by `ACTOR`, such as host:*")
	fs.StringVar(&t.Subject, "subject", "", "only about this `ID`")
	fs.StringVar(&t.Person, "person", "", "only of this `PERSON`, by id or e-mail address")
	fs.Int64Var(&t.Before, "before", 0, "only older than record `INDEX`")
	fs.IntVar(&t.Limit, "limit", 100, "at most `N` records, up to 1000")
	return func([]string) (any, error) { return t, nil }
}

// verifyInput is what "audit verify" was told.
type verifyInput struct{ export, checkpoint, key string }

func verifyFlags(fs *flag.FlagSet) input {
	var v verifyInput
	fs.StringVar(&v.export, "export", "", "verify an exported `DIR` offline instead of the database")
	fs.StringVar(&v.checkpoint, "checkpoint", "", "`FILE` with the last checkpoint that you have seen")
	fs.StringVar(&v.key, "key", "", "with --export: the log's public `KEY`, as audit key printed it (default DIR/key)")
	return func([]string) (any, error) { return v, nil }
}

func runVerify(ctx context.Context, c console, h hostFlags, in any) error {
	v := in.(verifyInput)
	var lastSeen []byte
	if v.checkpoint != "" {
		var err error
		if lastSeen, err = os.ReadFile(v.checkpoint); err != nil {
			return err
		}
	}
	if v.export != "" {
		return verifyExport(c, h, v, string(lastSeen))
	}
	client, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	var out json.RawMessage
	if err := client.call(ctx, h.verb.path, host.Verify{LastSeen: string(lastSeen)}, &out); err != nil {
		return err
	}
	var got host.Verified
	if err := json.Unmarshal(out, &got); err != nil {
		return err
	}
	if h.json {
		fmt.Fprintln(c.out, string(out))
	} else {
		for _, f := range got.Findings {
			fmt.Fprintf(c.out, "%s: %s\n", f.Kind, f.Text)
		}
	}
	if !got.Compared {
		fmt.Fprintln(c.err, "holdfast audit verify: no checkpoint seen before was there to compare with; keep what audit checkpoint prints, and give it with --checkpoint")
	}
	return verdict(c, h, got.OK, fmt.Sprintf("%d records and %d rows", got.Records, got.Rows))
}

func runCheckpoint(ctx context.Context, c console, h hostFlags, in any) error {
	client, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	var out struct {
		Checkpoint string `json:"checkpoint"`
	}
	if err := client.call(ctx, h.verb.path, in, &out); err != nil {
		return err
	}
	if h.json {
		return json.NewEncoder(c.out).Encode(out)
	}
	_, err = fmt.Fprint(c.out, out.Checkpoint)
	return err
}

// verdict ends with status 1 when anything was found.
func verdict(c console, h hostFlags, ok bool, what string) error {
	if !h.json && ok {
		fmt.Fprintf(c.out, "The log is whole: %s are as they were written.\n", what)
	}
	if ok {
		return nil
	}
	fmt.Fprintln(c.err, "holdfast audit verify: THE LOG OR THE TABLES WERE CHANGED; keep a copy before you do anything else")
	return exitCode(1)
}

// keyFile is where an export keeps the log's public key. Whoever doubts the
// folder brings the key with --key.
const keyFile = "key"

func verifyExport(c console, h hostFlags, v verifyInput, lastSeen string) error {
	if v.key == "" {
		text, err := os.ReadFile(filepath.Join(v.export, keyFile))
		if err != nil {
			return fmt.Errorf("the log's public key is needed: %w; give it with --key", err)
		}
		v.key = strings.TrimSpace(string(text))
	}
	verifier, err := note.NewVerifier(v.key)
	if err != nil {
		return fmt.Errorf("--key: %w", err)
	}
	var seen *translog.Checkpoint
	if lastSeen != "" {
		cp, err := translog.OpenCheckpoint(lastSeen, verifier)
		if err != nil {
			return fmt.Errorf("--checkpoint: %w", err)
		}
		seen = &cp
	}
	cp, damage, err := translog.CheckFiles(folder(v.export), verifier, seen, nil)
	if err != nil {
		return err
	}
	if h.json {
		if damage == nil {
			damage = []translog.Damage{}
		}
		json.NewEncoder(c.out).Encode(map[string]any{"ok": len(damage) == 0, "records": cp.Size, "findings": damage})
	} else {
		for _, d := range damage {
			fmt.Fprintf(c.out, "%s: record %d: %s\n", d.Kind, d.Index, d.Text)
		}
	}
	return verdict(c, h, len(damage) == 0, fmt.Sprintf("%d records", cp.Size))
}

func runExport(ctx context.Context, c console, h hostFlags, in any) error {
	dir := in.(string)
	client, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	var key struct {
		Verifier string `json:"verifier"`
	}
	if err := client.call(ctx, "audit/key", struct{}{}, &key); err != nil {
		return err
	}
	stream, err := client.open(ctx, "audit/export", nil)
	if err != nil {
		return err
	}
	defer stream.Close()
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("an export needs a new folder: %w", err)
	}
	if err := unpack(stream, dir); err != nil {
		return errors.Join(fmt.Errorf("the export broke off: %w", err), os.RemoveAll(dir))
	}
	if err := os.WriteFile(filepath.Join(dir, keyFile), []byte(key.Verifier+"\n"), 0o600); err != nil {
		return err
	}
	if h.json {
		return json.NewEncoder(c.out).Encode(map[string]string{"dir": dir, "verifier": key.Verifier})
	}
	_, err = fmt.Fprintf(c.out, "Exported to %s; check it with: holdfast audit verify --export %s\n", dir, dir)
	return err
}

// unpack writes the files of a tar below dir and nowhere else.
func unpack(r io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for t := tar.NewReader(r); ; {
		header, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := root.MkdirAll(filepath.Dir(header.Name), 0o700); err != nil {
			return err
		}
		data, err := io.ReadAll(t)
		if err != nil {
			return err
		}
		if err := root.WriteFile(header.Name, data, 0o600); err != nil {
			return err
		}
	}
}

// folder is an export on disk.
type folder string

func (f folder) ReadFile(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(f), filepath.FromSlash(name)))
}
