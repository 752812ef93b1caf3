package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"strings"

	"holdfast/edge/web/api"
)

// runExplain makes a decision again and says why it came out so. It ends with 1
// where what comes out is not what was recorded.
func runExplain(ctx context.Context, c console, args []string) error {
	var h hostFlags
	fs := flag.NewFlagSet("holdfast explain", flag.ContinueOnError)
	h.flags(fs)
	if err := parse(c, fs, args, "DECISION"); err != nil {
		return err
	}
	cl, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	out, err := cl.do(ctx, request{method: http.MethodGet, path: escaped("decisions", fs.Arg(0), "explain")})
	if err != nil {
		return err
	}
	var e api.Explained
	if err := json.Unmarshal(out, &e); err != nil {
		return err
	}
	if h.json {
		err = h.print(c.out, out)
	} else {
		explain(c, e)
	}
	if err == nil && !e.Same {
		err = exitCode(1)
	}
	return err
}

func explain(c console, e api.Explained) {
	in := e.Input
	fmt.Fprintf(c.out, "%s: %s by %s at %s\n", e.ID, in.Ctx.Op, in.User.ID, in.Now.UTC().Format("2006-01-02 15:04:05Z"))
	fmt.Fprintf(c.out, "Policy %s, digest %s\n\n%s\n\nrules: %s\n", e.Policy, e.Decision.Policy, strings.Join(e.Said, "\n"), strings.Join(e.Decision.Rules, ", "))
	if e.Same {
		fmt.Fprintf(c.out, "Made again from its inputs, it is the decision that was recorded (%s).\n", e.Replayed)
		return
	}
	fmt.Fprintf(c.out, "Made again from its inputs, it is NOT the decision that was recorded: %s, and now %s.\n"+
		"Either the record was changed (run holdfast audit verify), or another version of Holdfast made it.\n", e.Recorded, e.Replayed)
}
