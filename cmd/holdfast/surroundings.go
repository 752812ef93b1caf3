package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"holdfast"
	"holdfast/edge/web/api"
)

// around is what the organisation declares of the world around Holdfast.
func around() noun {
	cols := []string{"id", "kind", "name", "person", "over", "status", "standing", "review_by"}
	all := []string{"id", "kind", "name", "person", "provider", "primary", "sign_in", "recovery", "recovery_complete", "devices", "over", "target",
		"holders", "k", "check", "status", "source", "review_by", "from", "until", "current", "standing", "lacks", "declared", "withdrawn"}
	one := []string{"NAME"}
	file := &importSurroundings{}
	return noun{"surroundings", "what is declared of the world around: sync accounts, mailboxes, telephone numbers, powers, departures", []verb{
		{name: "list", summary: "list what is declared", columns: cols, list: true,
			flags: filters("/surroundings", "kind", "`KIND`: sync_account, mailbox, phone, saved_code, power, departure", "person", "`PERSON` by id or e-mail address", "state", "stands or withdrawn")},
		{name: "show", summary: "show one declaration, by name or id", args: one, columns: all, flags: on(http.MethodGet, "surroundings")},
		{name: "add", summary: "declare something", args: []string{"KIND"}, columns: all, flags: func(fs *flag.FlagSet) input {
			m := bodyOf(fs)
			m.text("person", "person", "`PERSON` whose it is, by id or e-mail address")
			m.declaration()
			return func(args []string) (request, error) {
				m.body["kind"] = args[0]
				return m.to(http.MethodPost, "/surroundings")
			}
		}},
		{name: "change", summary: "say it otherwise, or that it was looked at again; what no flag says stays", args: one, columns: all, flags: func(fs *flag.FlagSet) input {
			m := bodyOf(fs)
			m.declaration()
			return func(args []string) (request, error) { return m.to(http.MethodPatch, escaped("surroundings", args[0])) }
		}},
		{name: "withdraw", summary: "take it back: it never counts again", args: one, columns: all, flags: on(http.MethodDelete, "surroundings")},
		{name: "import", summary: "declare what a YAML or JSON file says, all or nothing", args: []string{"FILE"},
			columns: []string{"line", "action", "surrounding", "kind", "name"}, flags: file.flags, run: file.run},
	}}
}

// declaration has the flags of what is declared.
func (m members) declaration() {
	m.text("name", "name", "`NAME` that answers and pictures call it by")
	m.text("provider", "provider", "`PROVIDER` of a sync account, as the policy names it; the domain of a mailbox")
	m.yes("primary", "primary", "the sync account is the person's account in the directory")
	m.list("sign-in", "sign_in", "`WAY` in: factors joined by +, such as password+code")
	m.list("recovery", "recovery", "`WAY` back in, such as sms")
	m.yes("recovery-complete", "recovery_complete", "there is no other way back in")
	m.list("device", "devices", "`DEVICE` that holds a copy, or that the account trusts")
	m.text("over", "over", "what a power is over, `THINGS`: mail, provider, primary, passkeys, devices, dns, database, signing, backups")
	m.text("target", "target", "`WHICH` of them: a mail domain, a provider, segment:NAME or group:NAME (default all)")
	m.list("holder", "holders", "`HOLDER` of a power: person:ADDRESS of somebody here, a name of somebody outside")
	m.number("k", "k", "how `MANY` holders must act together (default 1)")
	m.text("check", "check", "how the holders make sure of who asks, `CHECK`: none, questions, remote-video, onsite-portrait, sound")
	m.text("status", "status", "how it is known, `STATUS`: observed, declared, assumed (default declared)")
	m.text("source", "source", "`WHO` or what says so")
	m.text("review-by", "review_by", "`DAY` by which to look again (default in a year)")
	m.text("from", "from", "`DAY` or instant since when; of a departure, when they left")
	m.text("until", "until", "`DAY` or instant from which on it is so no more")
}

// importSurroundings sends a file as it is: the server reads it.
type importSurroundings struct{ dryRun bool }

func (i *importSurroundings) flags(fs *flag.FlagSet) input {
	fs.BoolVar(&i.dryRun, "dry-run", false, "only say what would be done")
	return nil
}

func (i *importSurroundings) run(ctx context.Context, c console, h hostFlags, args []string) error {
	file := io.NopCloser(c.in)
	if args[0] != "-" {
		var err error
		if file, err = os.Open(args[0]); err != nil {
			return err
		}
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, 2<<20)) // the server takes half as much
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return holdfast.Errorf(holdfast.Invalid, "import_empty",
			"The file is empty. It holds a list of declarations under \"surroundings:\", each with its kind and name; docs/surroundings.md shows one.")
	}
	q := url.Values{}
	if i.dryRun {
		q.Set("dry_run", "true")
	}
	return h.upload(ctx, c, args[0], request{path: "/surroundings/import", query: q, body: bytes.NewReader(text), kind: "application/yaml"}, h.printSurroundings)
}

func (h hostFlags) printSurroundings(c console, out json.RawMessage) error {
	var got api.ImportedSurroundings
	var raw struct{ Rows []map[string]any }
	if err := errors.Join(json.Unmarshal(out, &got), json.Unmarshal(out, &raw)); err != nil {
		return err
	}
	if err := table(c.out, h.verb.columns, raw.Rows); err != nil {
		return err
	}
	said := "Done"
	if got.DryRun {
		said = "Nothing was written. It would be"
	}
	_, err := fmt.Fprintf(c.err, "%s: %d added, %d updated, %d unchanged.\n", said, got.Added, got.Updated, got.Unchanged)
	return err
}
