package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"holdfast/edge/config"
	"holdfast/edge/metadata"
	"holdfast/edge/web/api"
	"holdfast/spec/mds"
)

// authenticatorMetadata is "holdfast mds".
func authenticatorMetadata() noun {
	status := []string{"state", "no", "next_update", "models", "skipped", "imported", "by", "found", "root_name", "root", "source", "looked", "failed"}
	model := []string{"model", "description", "level", "fips", "standing", "bad", "statuses", "hardware", "key_protection", "user_verification",
		"changed", "anchors", "compromised", "notes"}
	var in importMetadata
	return noun{"mds", "metadata of authenticators, from the FIDO Alliance", []verb{
		{name: "import", summary: "import a BLOB; in a folder, the newest", args: []string{"FILE|FOLDER|URL"}, columns: status,
			flags: in.flags, run: in.run},
		{name: "status", summary: "show which are in force, and how old they are", columns: status, run: runMetadataStatus},
		{name: "list", summary: "list the models that they know", columns: []string{"model", "description", "level", "fips", "standing"}, list: true,
			flags: filters("/mds/models", "query", "`TEXT` in the description", "bad", "`true`: only those whose standing is bad")},
		{name: "show", summary: "show a model", args: []string{"AAGUID"}, columns: model, flags: on(http.MethodGet, "mds/models")},
	}}
}

// importMetadata finds BLOBs on this machine, or at an address, and sends the
// newest. Whether it is genuine is for the server to say.
type importMetadata struct{ root string }

func (i *importMetadata) flags(fs *flag.FlagSet) input {
	fs.StringVar(&i.root, "root", "", "`FILE` with the root certificate that vouches for it, instead of those of the configuration; on the host alone")
	return nil
}

func (i *importMetadata) run(ctx context.Context, c console, h hostFlags, args []string) error {
	q := url.Values{}
	if i.root != "" {
		root, err := readRoot(i.root)
		if err != nil {
			return err
		}
		q.Set("root", root)
	}
	found, err := metadata.Read(ctx, &http.Client{Timeout: metadataIn}, args[0])
	if err != nil {
		return err
	}
	cl, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	for _, f := range found {
		if len(f.JWT) > mds.MaxBytes {
			err = fmt.Errorf("%s is larger than %d bytes: is it a BLOB? (mds_too_large)", f.Name, mds.MaxBytes)
		} else {
			var out json.RawMessage
			if out, err = sendMetadata(ctx, cl, q, f); err == nil {
				return h.printMetadata(c, out)
			}
		}
		problem, ok := errors.AsType[*refused](err)
		if len(found) == 1 || ok && problem.Code == "mds_older" { // all others are older still
			return err
		}
		fmt.Fprintf(c.err, "%s: %v\n", f.Name, err)
	}
	return errors.New("no BLOB in the folder was taken")
}

func sendMetadata(ctx context.Context, cl client, q url.Values, f metadata.Found) (json.RawMessage, error) {
	q.Set("from", f.Name)
	return cl.do(ctx, request{method: http.MethodPost, path: "/mds", query: q, body: bytes.NewReader(f.JWT), kind: "application/jose"})
}

// readRoot gives one certificate as the API takes it.
func readRoot(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("read the root: %w", err)
	}
	all, err := config.Certificates(text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	if len(all) != 1 {
		return "", fmt.Errorf("%s holds %d certificates: name one root", name, len(all))
	}
	return base64.RawURLEncoding.EncodeToString(all[0].Raw), nil
}

func runMetadataStatus(ctx context.Context, c console, h hostFlags, _ []string) error {
	cl, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	out, err := cl.do(ctx, request{method: http.MethodGet, path: "/mds"})
	if err != nil {
		return err
	}
	return h.printMetadata(c, out)
}

// printMetadata adds what people should know who do not read dates.
func (h hostFlags) printMetadata(c console, out json.RawMessage) error {
	if err := h.print(c.out, out); err != nil {
		return err
	}
	var got api.Metadata
	if err := json.Unmarshal(out, &got); err != nil {
		return err
	}
	return sayState(c.err, got)
}

func sayState(w io.Writer, got api.Metadata) (err error) {
	switch got.State {
	case "none":
		_, err = fmt.Fprintln(w, "No metadata were imported: no attestation can be traced to its maker by them. Fetch https://mds3.fidoalliance.org/ and run holdfast mds import, or set mds_source.")
	case "due":
		_, err = fmt.Fprintf(w, "A newer BLOB was due on %s. Import it.\n", got.NextUpdate)
	case "overdue":
		_, err = fmt.Fprintf(w, "ALARM: a newer BLOB was due on %s. What was found of authenticators since is not known here. Import it; until then this one stays in force.\n", got.NextUpdate)
	}
	if got.Failed != "" && err == nil {
		_, err = fmt.Fprintf(w, "The last look at %s brought nothing: %s\n", got.Source, got.Failed)
	}
	return err
}
