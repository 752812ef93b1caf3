package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
)

var inviteColumns = []string{"person", "url", "ends"}

func invitations() noun {
	create := &invite{}
	return noun{"invite", "invitations", []verb{
		{name: "create", summary: "add a person and make their link", columns: inviteColumns, flags: create.flags, run: create.run},
		{name: "again", summary: "make a new link; the old one ends", args: []string{"PERSON"}, columns: inviteColumns, flags: func(fs *flag.FlagSet) input {
			m := bodyOf(fs)
			m.text("life", "life", "how long the link lives, `48h` (default 168h)")
			return func(args []string) (request, error) {
				return m.to(http.MethodPost, escaped("people", args[0], "invitation"))
			}
		}},
		{name: "list", summary: "list invitations, the newest first", columns: []string{"id", "person", "state", "created", "ends", "by"}, list: true,
			flags: filters("/invitations", "state", "open, used, revoked, expired, or orphaned: whose maker lost the power to make it, to be made again", "person", "`PERSON` by id or e-mail address")},
		{name: "revoke", summary: "end an invitation", args: []string{"INVITATION"}, columns: []string{"id", "state"}, flags: on(http.MethodDelete, "invitations")},
	}}
}

// invite is one person from flags, or those of a batch file.
type invite struct {
	one  members
	file string
}

func (i *invite) flags(fs *flag.FlagSet) input {
	i.one = newPerson(fs)
	i.one.list("group", "groups", "put into this `GROUP`, made where it is missing")
	i.one.text("life", "life", "how long the link lives, `48h` (default 168h)")
	fs.StringVar(&i.file, "batch", "", "`FILE` (or -) with a JSON array of people: name, email, groups, employment, ends, life; each is added or not")
	return nil
}

func (i *invite) run(ctx context.Context, c console, h hostFlags, _ []string) error {
	list := []map[string]any{i.one.body}
	if i.file != "" {
		var err error
		if list, err = readBatch(c, i.file); err != nil {
			return err
		}
	}
	cl, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	return inviteAll(ctx, c, h, cl, list)
}

func readBatch(c console, file string) ([]map[string]any, error) {
	var r io.Reader = c.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	}
	var list []map[string]any
	if err := json.NewDecoder(r).Decode(&list); err != nil {
		return nil, fmt.Errorf("%s is not a JSON array of people: %w", file, err)
	}
	for _, p := range list {
		if group, ok := p["group"]; ok { // one, beside groups
			all, _ := p["groups"].([]any)
			p["groups"] = append(all, group)
			delete(p, "group")
		}
	}
	return list, nil
}

// inviteAtOnce is how many invitations are under way together: they share the
// store's commits, and a batch of thousands takes seconds.
const inviteAtOnce = 64

// inviteAll prints one line for each person, in their order, as far as it
// goes: those that were printed exist.
func inviteAll(ctx context.Context, c console, h hostFlags, cl client, list []map[string]any) error {
	for len(list) > 0 {
		n := min(inviteAtOnce, len(list))
		out, errs := make([]json.RawMessage, n), make([]error, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				out[i], errs[i] = cl.do(ctx, request{method: http.MethodPost, path: "/invitations", body: list[i]})
			})
		}
		wg.Wait()
		var failed error
		for i := range n {
			if errs[i] != nil {
				if failed == nil {
					failed = fmt.Errorf("invite %v: %w", list[i]["email"], errs[i])
				}
				continue
			}
			if err := h.print(c.out, out[i]); err != nil {
				return err
			}
		}
		if failed != nil {
			return failed
		}
		list = list[n:]
	}
	return nil
}
