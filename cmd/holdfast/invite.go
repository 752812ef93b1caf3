package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sync"

	"holdfast/edge/host"
)

var inviteColumns = []string{"person", "url", "ends"}

func invitations() noun {
	return noun{"invite", "invitations", []verb{
		{name: "create", summary: "add a person and make their link", columns: inviteColumns, flags: inviteFlags, run: runInvite},
		{name: "again", summary: "make a new link; the old one ends", args: []string{"PERSON"}, columns: inviteColumns, flags: named},
		{name: "list", summary: "list invitations", columns: []string{"id", "person", "state", "created", "ends", "by"}},
		{name: "revoke", summary: "end an invitation", args: []string{"INVITATION"}, columns: []string{"id", "state"}, flags: named},
	}}
}

// guests are one person from flags, or those of a batch file.
type guests struct {
	one  host.NewPerson
	file string
}

func inviteFlags(fs *flag.FlagSet) input {
	person := newPerson(fs)
	file := fs.String("batch", "", "`FILE` (or -) with a JSON array of people: name, email, groups, employment, ends, life")
	life := fs.String("life", "", "how long the link lives, `48h` (default 168h)")
	return func([]string) (any, error) {
		p, err := person(nil)
		if err != nil {
			return nil, err
		}
		one := p.(host.NewPerson)
		one.Life = *life
		return guests{one, *file}, nil
	}
}

func runInvite(ctx context.Context, c console, h hostFlags, in any) error {
	g := in.(guests)
	list := []host.NewPerson{g.one}
	if g.file != "" {
		var err error
		if list, err = readBatch(c, g.file); err != nil {
			return err
		}
	}
	client, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	return inviteAll(ctx, c, h, client, list)
}

func readBatch(c console, file string) ([]host.NewPerson, error) {
	var r io.Reader = c.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	}
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var list []host.NewPerson
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("%s is not a JSON array of people: %w", file, err)
	}
	return list, nil
}

// inviteAtOnce is how many invitations are under way together: they share the
// store's commits, and a batch of thousands takes seconds.
const inviteAtOnce = 64

// inviteAll prints one line for each person, in their order, as far as it
// goes: those that were printed exist.
func inviteAll(ctx context.Context, c console, h hostFlags, client hostClient, list []host.NewPerson) error {
	for len(list) > 0 {
		n := min(inviteAtOnce, len(list))
		out, errs := make([]json.RawMessage, n), make([]error, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { errs[i] = client.call(ctx, h.verb.path, list[i], &out[i]) })
		}
		wg.Wait()
		var failed error
		for i := range n {
			if errs[i] != nil {
				if failed == nil {
					failed = fmt.Errorf("invite %s: %w", list[i].Email, errs[i])
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
