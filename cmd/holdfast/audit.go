package main

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"holdfast/edge/host"
	"holdfast/edge/web/api"
	"holdfast/spec/translog"
)

func auditLog() noun {
	check := &verifyInput{}
	return noun{"audit", "the tamper-evident log", []verb{
		{name: "tail", summary: "list records, the newest first", columns: []string{"index", "at", "type", "actor", "subject"}, list: true,
			flags: filters("/audit", "type", "only `TYPE`, such as session.opened or session.*", "actor", "only by `ACTOR`, such as host:*",
				"subject", "only about this `ID`", "person", "only of this `PERSON`, by id or e-mail address",
				"since", "only from this `INSTANT` on, 2026-11-02T09:00:00Z", "before", "only older than record `INDEX`")},
		{name: "verify", summary: "find any change to log or tables; --export: offline", flags: check.flags, run: check.run},
		{name: "prove", summary: "prove that a record is in the log", args: []string{"INDEX"},
			columns: []string{"index", "at", "type", "verifier", "entry", "proof"}, flags: on(http.MethodGet, "audit")},
		{name: "export", summary: "write the log as a folder of files that verify offline", args: []string{"DIR"}, run: runExport},
		{name: "checkpoint", summary: "print the signed head of the log, to be kept elsewhere", run: runCheckpoint},
		{name: "key", summary: "print the log's public key", columns: []string{"verifier"}, flags: at(http.MethodGet, "/audit/checkpoint")},
	}}
}

// verifyInput is what "audit verify" was told.
type verifyInput struct{ export, checkpoint, key string }

func (v *verifyInput) flags(fs *flag.FlagSet) input {
	fs.StringVar(&v.export, "export", "", "verify an exported `DIR` offline instead of the database")
	fs.StringVar(&v.checkpoint, "checkpoint", "", "`FILE` with the last checkpoint that you have seen")
	fs.StringVar(&v.key, "key", "", "with --export: the log's public `KEY`, as audit key printed it (default DIR/key)")
	return nil
}

func (v *verifyInput) run(ctx context.Context, c console, h hostFlags, _ []string) error {
	var lastSeen []byte
	if v.checkpoint != "" {
		var err error
		if lastSeen, err = os.ReadFile(v.checkpoint); err != nil {
			return err
		}
	}
	if v.export != "" {
		return verifyExport(c, h, *v, string(lastSeen))
	}
	client, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	var out json.RawMessage
	if err := client.call(ctx, "audit/verify", host.Verify{LastSeen: string(lastSeen)}, &out); err != nil {
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
	return printVerdict(c, h, got.OK, fmt.Sprintf("%d records and %d rows", got.Records, got.Rows))
}

func runCheckpoint(ctx context.Context, c console, h hostFlags, _ []string) error {
	client, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	text, err := client.do(ctx, request{method: http.MethodGet, path: "/audit/checkpoint"})
	if err != nil {
		return err
	}
	if h.json {
		return h.print(c.out, text)
	}
	var out api.Checkpoint
	if err := json.Unmarshal(text, &out); err != nil {
		return err
	}
	_, err = fmt.Fprint(c.out, out.Checkpoint)
	return err
}

// printVerdict ends with status 1 when anything was found.
func printVerdict(c console, h hostFlags, ok bool, what string) error {
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
	return printVerdict(c, h, len(damage) == 0, fmt.Sprintf("%d records", cp.Size))
}

func runExport(ctx context.Context, c console, h hostFlags, args []string) error {
	dir := args[0]
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
