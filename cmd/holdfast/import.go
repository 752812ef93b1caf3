package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"holdfast/edge/web/api"
)

// importPeople sends a file as it is: the server reads it, so that every client
// is told the same of the same line.
type importPeople struct {
	update, invite, dryRun bool
}

func (i *importPeople) flags(fs *flag.FlagSet) input {
	fs.BoolVar(&i.update, "update", false, "change those who are there already, where the file says otherwise")
	fs.BoolVar(&i.invite, "invite", false, "make a link for everybody who is added")
	fs.BoolVar(&i.dryRun, "dry-run", false, "only say what would be done")
	return nil
}

func (i *importPeople) query() url.Values {
	q := url.Values{}
	for name, on := range map[string]bool{"update": i.update, "invite": i.invite, "dry_run": i.dryRun} {
		if on {
			q.Set(name, "true")
		}
	}
	return q
}

func (i *importPeople) run(ctx context.Context, c console, h hostFlags, args []string) error {
	file, kind, err := openImport(c, args[0])
	if err != nil {
		return err
	}
	defer file.Close()
	return h.upload(ctx, c, args[0], request{path: "/people/import", query: i.query(), body: file, kind: kind}, h.printImport)
}

// upload posts a file and prints what came of it. Each line that was refused is
// named by the file's name and its place in it.
func (h hostFlags) upload(ctx context.Context, c console, name string, r request, print func(console, json.RawMessage) error) error {
	cl, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	r.method = http.MethodPost
	out, err := cl.do(ctx, r)
	if problem, ok := errors.AsType[*refused](err); ok {
		for _, f := range problem.Errors {
			fmt.Fprintf(c.err, "%s: %s: %s\n", name, f.Location, f.Message)
		}
	}
	if err != nil {
		return err
	}
	if h.json {
		return h.print(c.out, out)
	}
	return print(c, out)
}

func (h hostFlags) printImport(c console, out json.RawMessage) error {
	var got api.Import
	if err := json.Unmarshal(out, &got); err != nil {
		return err
	}
	text, err := json.Marshal(got.Rows)
	if err != nil {
		return err
	}
	var rows []map[string]any
	if err := json.Unmarshal(text, &rows); err != nil {
		return err
	}
	if err := table(c.out, h.verb.columns, rows); err != nil {
		return err
	}
	said := "Done"
	if got.DryRun {
		said = "Nothing was written. It would be"
	}
	_, err = fmt.Fprintf(c.err, "%s: %d added, %d updated, %d unchanged, %d skipped.\n", said, got.Added, got.Updated, got.Unchanged, got.Skipped)
	if got.Skipped > 0 && err == nil {
		_, err = fmt.Fprintln(c.err, "Who was skipped is there already and differs from the file: --update changes them.")
	}
	return err
}

// openImport opens the file and says of what kind it is; - is standard input.
func openImport(c console, path string) (io.ReadCloser, string, error) {
	kind := "text/csv"
	if strings.HasSuffix(path, ".jsonl") || strings.HasSuffix(path, ".ndjson") {
		kind = "application/x-ndjson"
	}
	if path == "-" {
		return io.NopCloser(c.in), kind, nil
	}
	f, err := os.Open(path)
	return f, kind, err
}
