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
	"strconv"
)

// exposureCommands are the questions of who can reconstitute what. Each is a
// client of /api/v1/exposure: on the host without a token, from anywhere with
// one.
func exposureCommands() []command {
	return []command{
		{"who-can", "say who can get at an account, or at it through one passkey", runWhoCan},
		{"blast", "say what falls with something", runBlast},
		{"what-if", "say what an account would be worth if something were different", runWhatIf},
		{"effective", "list accounts and what they are worth by their weakest path", runEffective},
		{"findings", "list what is wrong with accounts, the worst first; findings list: what else somebody should act on", runFindings},
		{"fix", "say what would mend a finding", runFix},
		{"residual", "list who left and can still sign in", runResidual},
	}
}

// question is a command that asks one thing.
type question struct {
	hostFlags
	name string
	fs   *flag.FlagSet
}

func ask(name string) *question {
	q := &question{name: name, fs: flag.NewFlagSet("holdfast "+name, flag.ContinueOnError)}
	q.flags(q.fs)
	return q
}

// connected parses, and reaches the server that is meant.
func (q *question) connected(ctx context.Context, c console, args []string, named ...string) (client, func(), error) {
	for _, a := range args {
		if tokenInArgument.MatchString(a) {
			return client{}, nil, errTokenInArgument
		}
	}
	if err := parse(c, q.fs, args, named...); err != nil {
		return client{}, nil, err
	}
	return q.connect(ctx, c)
}

// answered asks for one thing and prints it: as the API gives it, or said.
func answered[T any](ctx context.Context, c console, q *question, cl client, r request, say func(io.Writer, *T)) error {
	out, err := cl.do(ctx, r)
	if err != nil {
		return err
	}
	if q.json {
		return q.print(c.out, out)
	}
	var v T
	if err := json.Unmarshal(out, &v); err != nil {
		return err
	}
	say(c.out, &v)
	return nil
}

func runWhoCan(ctx context.Context, c console, args []string) error {
	q := ask("who-can")
	cl, done, err := q.connected(ctx, c, args, "ACCOUNT|PASSKEY")
	if err != nil {
		return err
	}
	defer done()
	r := request{method: http.MethodGet, path: "/exposure/accounts/" + url.PathEscape(q.fs.Arg(0))}
	return answered(ctx, c, q, cl, r, sayWhoCan)
}

func runBlast(ctx context.Context, c console, args []string) error {
	q := ask("blast")
	most := q.fs.Int("limit", 20, "name at most `N` accounts")
	cl, done, err := q.connected(ctx, c, args, "NODE")
	if err != nil {
		return err
	}
	defer done()
	if *most < 1 || *most > 200 {
		return errors.New("--limit is 1 to 200")
	}
	r := request{method: http.MethodGet, path: "/exposure/blast", query: url.Values{"node": {q.fs.Arg(0)}, "limit": {strconv.Itoa(*most)}}}
	return answered(ctx, c, q, cl, r, sayBlast)
}

func runWhatIf(ctx context.Context, c console, args []string) error {
	q := ask("what-if")
	m := bodyOf(q.fs)
	m.list("lost", "lost", "the owner has lost `THING` and somebody else may have it: a passkey by id or name, key:ID")
	m.list("given", "given", "an attacker has `THING`: an atom or a node, as who-can names them")
	m.list("add", "add", "`WHAT` there would be besides: key, passkey, fallback:NAME, recovery:NAME, NODE<-A+B")
	m.list("remove", "remove", "`WHAT` there would not be: a passkey, a fallback, a recovery, something declared, an edge or a rule")
	m.text("at", "at", "as it will be at `TIME`, 2027-04-01T00:00:00Z")
	cl, done, err := q.connected(ctx, c, args, "ACCOUNT")
	if err != nil {
		return err
	}
	defer done()
	r := request{method: http.MethodPost, path: "/exposure/accounts/" + url.PathEscape(q.fs.Arg(0)) + "/what-if", body: m.body}
	return answered(ctx, c, q, cl, r, sayWhatIf)
}

// asked reads a list, as far as most items, and what it rests on.
func asked[T any](ctx context.Context, c console, q *question, cl client, path string, query url.Values, most int, say func(io.Writer, []T)) error {
	wanted := most
	if most > 0 {
		wanted++ // one more says whether there are more
	}
	items, err := cl.all(ctx, request{method: http.MethodGet, path: path, query: query}, wanted)
	if err != nil {
		return err
	}
	if most > 0 && len(items) > most {
		items = items[:most]
		defer fmt.Fprintf(c.err, "There are more than these %d: --limit 0 lists all.\n", most)
	}
	if q.json {
		return q.printList(c.out, items)
	}
	list := make([]T, len(items))
	for i, it := range items {
		if err := json.Unmarshal(it, &list[i]); err != nil {
			return err
		}
	}
	say(c.out, list)
	return nil
}

// choices collects the filters that are given.
func choices(fs *flag.FlagSet, pairs ...string) url.Values {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		fs.Func(pairs[i], pairs[i+1], func(s string) error {
			query.Set(pairs[i], s)
			return nil
		})
	}
	return query
}

func runEffective(ctx context.Context, c console, args []string) error {
	q := ask("effective")
	query := choices(q.fs, "segment", "of `SEGMENT` of the policy", "below", "worth less than `AAL` 1, 2 or 3", "verdict", "`VERDICT` PASS, NIST-ONLY, FAIL or FAIL-UNKNOWN",
		"profile", "`ADVERSARY` gets in: phisher, sim-swapper, help-desk-caller, sync-thief, burglar, mail-admin, single-operator, provider-insider")
	for name, usage := range map[string]string{"singles": "those that fall with one thing alone", "phishable": "those that must resist phishing and do not"} {
		q.fs.BoolFunc(name, usage, func(string) error { query.Set(name, "true"); return nil })
	}
	most := q.fs.Int("limit", 100, "at most `N`; 0 is all")
	cl, done, err := q.connected(ctx, c, args)
	if err != nil {
		return err
	}
	defer done()
	return asked(ctx, c, q, cl, "/exposure/accounts", query, *most, sayRows)
}

func runFindings(ctx context.Context, c console, args []string) error {
	if len(args) > 0 && args[0] == "list" {
		return wrongs().run(ctx, c, args)
	}
	q := ask("findings")
	query := choices(q.fs, "severity", "`SEVERITY` critical, high, medium or low", "rule", "`RULE` such as EA-BELOW-REQUIRED", "segment", "of `SEGMENT` of the policy",
		"account", "of one `ACCOUNT`: id, e-mail address or name")
	most := q.fs.Int("limit", 100, "at most `N`; 0 is all")
	cl, done, err := q.connected(ctx, c, args)
	if err != nil {
		return err
	}
	defer done()
	return asked(ctx, c, q, cl, "/exposure/findings", query, *most, sayFindings)
}

func runFix(ctx context.Context, c console, args []string) error {
	q := ask("fix")
	query := choices(q.fs, "account", "whose finding it is, `ACCOUNT`: quicker where there are many")
	cl, done, err := q.connected(ctx, c, args, "FINDING")
	if err != nil {
		return err
	}
	defer done()
	r := request{method: http.MethodGet, path: "/exposure/findings/" + url.PathEscape(q.fs.Arg(0)) + "/fixes", query: query}
	return answered(ctx, c, q, cl, r, sayFixes)
}

func runResidual(ctx context.Context, c console, args []string) error {
	q := ask("residual")
	most := q.fs.Int("limit", 100, "at most `N`; 0 is all")
	cl, done, err := q.connected(ctx, c, args)
	if err != nil {
		return err
	}
	defer done()
	return asked(ctx, c, q, cl, "/exposure/residual", nil, *most, sayLeft)
}
