package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"holdfast/domain/grant"
	"holdfast/edge/host"
)

// nouns are what the host's administrator works on.
func nouns() []noun {
	return []noun{people(), groups(), invitations(), applications(), sessions(), credentials(), auditLog(), setUp()}
}

// input is a verb's input from its arguments.
type input = func(args []string) (any, error)

// named takes one argument, as the id of something.
func named(*flag.FlagSet) input {
	return func(args []string) (any, error) { return map[string]string{"id": args[0]}, nil }
}

func people() noun {
	cols := []string{"id", "name", "email", "status", "role", "employment", "ends", "groups"}
	who := []string{"PERSON"}
	return noun{"person", "people, by id or e-mail address", []verb{
		{name: "list", summary: "list people", columns: cols[:5], flags: func(fs *flag.FlagSet) input {
			q := fs.String("query", "", "`TEXT` in name or address")
			return func([]string) (any, error) { return map[string]string{"query": *q}, nil }
		}},
		{name: "show", summary: "show one person", args: who, columns: cols, flags: named},
		{name: "add", summary: "add a person without inviting them", columns: cols, flags: newPerson},
		{name: "describe", summary: "change name, address or employment", args: who, columns: cols, flags: newPerson},
		{name: "suspend", summary: "stop somebody from signing in, at once", args: who, columns: cols, flags: named},
		{name: "reinstate", summary: "end a suspension", args: who, columns: cols, flags: named},
		{name: "promote", summary: "make somebody an administrator", args: who, columns: cols, flags: named},
		{name: "demote", summary: "make somebody an administrator no longer", args: who, columns: cols, flags: named},
		{name: "erase", summary: "forget a person; the log still verifies", args: who, columns: cols, flags: named},
	}}
}

// newPerson reads the flags of somebody to add or to change.
func newPerson(fs *flag.FlagSet) input {
	var p host.NewPerson
	var ends string
	fs.StringVar(&p.Name, "name", "", "full `NAME`")
	fs.StringVar(&p.Email, "email", "", "e-mail `ADDRESS`")
	fs.StringVar(&p.Employment, "employment", "", "employee, contractor or guest")
	fs.StringVar(&ends, "ends", "", "last `DAY` of employment, 2027-01-31")
	fs.Func("group", "put into this `GROUP`; may be given again", func(g string) error {
		p.Groups = append(p.Groups, g)
		return nil
	})
	return func(args []string) (any, error) {
		if len(args) > 0 {
			p.ID = args[0]
		}
		if ends == "" {
			return p, nil
		}
		day, err := time.Parse(time.DateOnly, ends)
		if err != nil {
			return nil, fmt.Errorf("--ends: %q is no day: write 2027-01-31", ends)
		}
		p.Ends = day.AddDate(0, 0, 1).Add(-time.Second) // the last day itself still counts
		return p, nil
	}
}

func groups() noun {
	cols := []string{"id", "name", "members"}
	group := func(fs *flag.FlagSet) input {
		return func(args []string) (any, error) {
			in := host.InGroup{Group: args[0]}
			if len(args) > 1 {
				in.Name = args[1]
			}
			return in, nil
		}
	}
	member := func(fs *flag.FlagSet) input {
		return func(args []string) (any, error) { return host.InGroup{Group: args[0], Person: args[1]}, nil }
	}
	return noun{"group", "groups, by id or name", []verb{
		{name: "list", summary: "list groups", columns: cols},
		{name: "add", summary: "make a group", args: []string{"NAME"}, columns: cols, flags: func(*flag.FlagSet) input {
			return func(args []string) (any, error) { return host.InGroup{Name: args[0]}, nil }
		}},
		{name: "rename", summary: "give a group another name", args: []string{"GROUP", "NAME"}, columns: cols, flags: group},
		{name: "remove", summary: "remove a group; its people stay", args: []string{"GROUP"}, columns: cols, flags: group},
		{name: "join", summary: "put somebody into a group", args: []string{"GROUP", "PERSON"}, columns: cols, flags: member},
		{name: "leave", summary: "take somebody out of a group", args: []string{"GROUP", "PERSON"}, columns: cols, flags: member},
	}}
}

// demands are the flags of what an application must prove and asks for.
func demands(fs *flag.FlagSet, a *host.NewApp) {
	fs.Func("public-keys", "JWK set in `FILE`: it proves itself by private_key_jwt (RFC 7523)", func(path string) error {
		text, err := os.ReadFile(path)
		a.AuthMethod, a.JWKS = string(grant.MethodKey), string(text)
		return err
	})
	fs.BoolVar(&a.RequirePAR, "require-par", false, "take its requests only pushed (RFC 9126)")
	fs.BoolVar(&a.RequireDPoP, "require-dpop", false, "give it only tokens that are bound to a key (RFC 9449)")
	fs.IntVar(&a.MinAAL, "min-aal", 0, "least assurance `LEVEL` of a sign-in, 1 to 3")
	fs.StringVar(&a.RequireACR, "require-acr", "", "what a sign-in must be: `phr` or phrh")
	fs.Func("max-age", "`DURATION` after which somebody has to sign in again, 8h", func(text string) error {
		d, err := time.ParseDuration(text)
		a.MaxAge = int64(d.Seconds())
		return err
	})
	fs.Func("group", "id of a `GROUP` whose members may use it; may be given again", adding(&a.Groups))
}

func applications() noun {
	made := []string{"client_id", "client_secret", "configuration"}
	app := []string{"APP"}
	return noun{"app", "applications that sign people in through OpenID Connect", []verb{
		{name: "list", summary: "list applications", columns: []string{"client_id", "name", "redirect_uris", "confidential"}},
		{name: "create", summary: "add an application", columns: made, flags: func(fs *flag.FlagSet) input {
			var a host.NewApp
			fs.StringVar(&a.Name, "name", "", "`NAME` that people see")
			fs.BoolVar(&a.Confidential, "confidential", false, "it can keep a secret: it runs on a server")
			fs.BoolVar(&a.ThirdParty, "third-party", false, "not the organisation's own: ask each person for consent")
			fs.StringVar(&a.Preset, "preset", "", "what to print a configuration for: "+strings.Join(grant.Presets, ", "))
			fs.StringVar(&a.Upstream, "upstream", "", "`URL` where it listens itself, behind the proxy that the preset configures")
			fs.Func("redirect-uri", "`URI` that codes are sent to; may be given again", adding(&a.RedirectURIs))
			fs.Func("post-logout-uri", "`URI` to return to after signing out; may be given again", adding(&a.PostLogoutURIs))
			demands(fs, &a)
			return func([]string) (any, error) { return a, nil }
		}},
		{name: "secret", summary: "give an application a new secret", args: app, columns: made, flags: named},
		{name: "config", summary: "print its configuration again", args: app, columns: made, flags: named},
		{name: "remove", summary: "remove an application and end its grants", args: app, columns: []string{"client_id", "name"}, flags: named},
	}}
}

func adding(list *[]string) func(string) error {
	return func(s string) error {
		*list = append(*list, strings.TrimSpace(s))
		return nil
	}
}

// ofPerson takes --person, or none for everybody.
func ofPerson(fs *flag.FlagSet) input {
	who := fs.String("person", "", "`PERSON` by id or e-mail address")
	return func([]string) (any, error) { return host.OfPerson{Person: *who}, nil }
}

func sessions() noun {
	return noun{"session", "who is signed in", []verb{
		{name: "list", summary: "list open sessions", flags: ofPerson,
			columns: []string{"id", "name", "aal", "auth_time", "ends", "address"}},
		{name: "end", summary: "end a session", args: []string{"SESSION"}, flags: named},
		{name: "end-all", summary: "end all sessions of a person", args: []string{"PERSON"}, flags: func(*flag.FlagSet) input {
			return func(args []string) (any, error) { return host.OfPerson{Person: args[0]}, nil }
		}},
	}}
}

func credentials() noun {
	cols := []string{"id", "person", "name", "status", "distribution", "attestation", "created", "last_used", "provenance"}
	one := []string{"CREDENTIAL"}
	return noun{"credential", "passkeys", []verb{
		{name: "list", summary: "list a person's passkeys", args: []string{"PERSON"}, columns: cols[:7], flags: func(*flag.FlagSet) input {
			return func(args []string) (any, error) { return host.OfPerson{Person: args[0]}, nil }
		}},
		{name: "suspend", summary: "stop a passkey from signing anybody in", args: one, columns: cols, flags: named},
		{name: "reinstate", summary: "end its suspension", args: one, columns: cols, flags: named},
		{name: "remove", summary: "remove a passkey for good", args: one, columns: cols, flags: named},
	}}
}

func setUp() noun {
	return noun{"setup", "the first administrator", []verb{
		{name: "link", summary: "make a new set-up link; the old one ends", columns: []string{"url", "ends"}},
	}}
}
