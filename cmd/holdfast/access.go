package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"

	"holdfast/edge/web/api"
)

func sessions() noun {
	return noun{"session", "who is signed in", []verb{
		{name: "list", summary: "list open sessions, the newest first", list: true, columns: []string{"id", "name", "aal", "auth_time", "ends", "address"},
			flags: filters("/sessions", "person", "`PERSON` by id or e-mail address")},
		{name: "end", summary: "end a session", args: []string{"SESSION"}, flags: on(http.MethodDelete, "sessions")},
		{name: "end-all", summary: "end all sessions of a person", args: []string{"PERSON"}, flags: on(http.MethodDelete, "people", "sessions")},
	}}
}

func credentials() noun {
	cols := []string{"id", "person", "name", "status", "distribution", "attestation", "created", "last_used", "provenance"}
	one := []string{"CREDENTIAL"}
	return noun{"credential", "passkeys", []verb{
		{name: "list", summary: "list passkeys, of a person or of everybody", args: []string{"[PERSON]"}, columns: cols[:7], list: true,
			flags: filters("/credentials", "person", "`PERSON` by id or e-mail address", "status", "active, suspended or removed",
				"aaguid", "`AAGUID` of the authenticator", "synced", "true or false")},
		{name: "show", summary: "show a passkey", args: one, columns: cols, flags: on(http.MethodGet, "credentials")},
		{name: "suspend", summary: "stop a passkey from signing anybody in", args: one, columns: cols, flags: on(http.MethodPost, "credentials", "suspend")},
		{name: "reinstate", summary: "end its suspension", args: one, columns: cols, flags: on(http.MethodPost, "credentials", "reinstate")},
		{name: "remove", summary: "remove a passkey for good", args: one, columns: cols, flags: on(http.MethodDelete, "credentials")},
	}}
}

func tokens() noun {
	cols := []string{"id", "name", "owner", "state", "scopes", "ends", "last_used"}
	made := &newToken{}
	return noun{"token", "API tokens, with which programs administer", []verb{
		{name: "list", summary: "list tokens, the newest first", columns: cols, list: true,
			flags: filters("/tokens", "owner", "`PERSON` by id or e-mail address", "all", "`true`: those that are over, too")},
		{name: "create", summary: "make a token; its secret is shown once", columns: []string{"id", "secret", "file", "scopes", "ends"}, flags: made.flags, run: made.run},
		{name: "revoke", summary: "end a token at once", args: []string{"TOKEN"}, columns: cols, flags: on(http.MethodDelete, "tokens")},
		{name: "scopes", summary: "list the scopes that there are", columns: []string{"name", "held"}, flags: at(http.MethodGet, "/scopes")},
		{name: "me", summary: "say who calls and what they may do", columns: []string{"actor", "scopes"}, flags: at(http.MethodGet, "/me")},
	}}
}

// newToken is a token to make. Its secret goes to a file where one is named, so
// that it is on no screen and in no log.
type newToken struct {
	body members
	out  string
}

func (n *newToken) flags(fs *flag.FlagSet) input {
	n.body = bodyOf(fs)
	n.body.text("name", "name", "what it is for, `TEXT`")
	n.body.text("owner", "owner", "`PERSON` whose it is, by id or e-mail address; it is worth at most what they hold")
	n.body.list("scope", "scopes", "`SCOPE` that it holds; holdfast token scopes lists them")
	n.body.text("life", "life", "how long it lives, `720h` (default 2160h)")
	fs.StringVar(&n.out, "out", "", "write the secret to a new `FILE` that nobody else can read, instead of printing it")
	return nil
}

func (n *newToken) run(ctx context.Context, c console, h hostFlags, _ []string) error {
	var file *os.File
	if n.out != "" {
		var err error
		if file, err = os.OpenFile(n.out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			return fmt.Errorf("the secret goes to a new file: %w", err)
		}
		defer file.Close()
	}
	text, err := n.make(ctx, c, h)
	if err != nil {
		if file != nil {
			err = errors.Join(err, os.Remove(n.out))
		}
		return err
	}
	if file == nil {
		return h.print(c.out, text)
	}
	row, err := object(text)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, row["secret"])
	delete(row, "secret")
	row["file"] = n.out
	shown, encoding := json.Marshal(row)
	return errors.Join(err, encoding, file.Sync(), h.print(c.out, shown))
}

func (n *newToken) make(ctx context.Context, c console, h hostFlags) (json.RawMessage, error) {
	cl, done, err := h.connect(ctx, c)
	if err != nil {
		return nil, err
	}
	defer done()
	return cl.do(ctx, request{method: http.MethodPost, path: "/tokens", body: n.body.body})
}

func organisation() noun {
	cols := []string{"name", "origin", "rp_id", "related_origins"}
	return noun{"settings", "what the organisation says of itself", []verb{
		{name: "show", summary: "show the settings", columns: cols, flags: at(http.MethodGet, "/settings")},
		{name: "set", summary: "change the name, or the related origins", columns: cols, flags: func(fs *flag.FlagSet) input {
			m := bodyOf(fs)
			m.text("name", "name", "`NAME` of the organisation")
			m.list("related-origin", "related_origins", "`ORIGIN` at which the door is served too; the whole list")
			m.text("confirm", "confirm", "the `WORDS` that a refusal asks for")
			return func([]string) (request, error) { return m.to(http.MethodPatch, "/settings") }
		}},
	}}
}

func signingKeyring() noun {
	cols := []string{"kid", "alg", "state", "created", "starts", "retired"}
	return noun{"key", "the keys that sign tokens for applications", []verb{
		{name: "list", summary: "list the keys, the oldest first", columns: cols, flags: at(http.MethodGet, "/keys")},
		{name: "rotate", summary: "put new keys in their place, with an overlap", columns: cols, flags: func(fs *flag.FlagSet) input {
			m := bodyOf(fs)
			m.text("overlap", "overlap", "how long the new keys are published before they sign, `24h`")
			m.yes("withdraw", "withdraw", "somebody else may have the old keys: nothing that they signed is believed any more")
			return func([]string) (request, error) { return m.to(http.MethodPost, "/keys") }
		}},
	}}
}

func outgoing() noun {
	return noun{"outbox", "what is to leave the server: mail, and sign-outs to applications", []verb{
		{name: "list", summary: "say what waits and what was given up, by kind", columns: []string{"kind", "waiting", "failing", "given_up", "oldest"}, flags: at(http.MethodGet, "/outbox")},
		{name: "given-up", summary: "list what nobody tries any more, and why", columns: []string{"kind", "target", "tries", "given_up", "why"}, flags: at(http.MethodGet, "/outbox/given-up")},
		{name: "retry", args: []string{"KIND"}, summary: "try again what was given up of a kind", columns: []string{"kind", "revived"}, flags: on(http.MethodPost, "outbox", "retry")},
	}}
}

func setUp() noun {
	return noun{"setup", "the first administrator", []verb{
		{name: "link", summary: "make a new set-up link; the old one ends", columns: []string{"url", "ends"}, run: runSetUp},
	}}
}

func runSetUp(ctx context.Context, c console, h hostFlags, _ []string) error {
	cl, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	var link api.Invited
	if err := cl.call(ctx, "setup/link", struct{}{}, &link); err != nil {
		return err
	}
	text, err := json.Marshal(link)
	if err != nil {
		return err
	}
	return h.print(c.out, text)
}
