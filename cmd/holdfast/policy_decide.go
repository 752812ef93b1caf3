package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"holdfast/domain/policy"
	"holdfast/domain/policy/assert"
	"holdfast/domain/policy/yamlpos"
	"holdfast/edge/web/api"
)

// policyDecide asks a policy: one in a file, without a server, or the one in
// force.
type policyDecide struct {
	atFlag
	inForce     bool
	input       string
	person      string
	credential  string
	user, op    string
	procedure   string
	cred, auth  string
	device, net string
	app, risk   string
	revision    string
}

func (d *policyDecide) flags(fs *flag.FlagSet) input {
	d.atFlag.flags(fs)
	fs.BoolVar(&d.inForce, "in-force", false, "ask the policy in force, of a server")
	fs.StringVar(&d.input, "input", "", "`FILE` with the whole input as JSON, as holdfast explain --json prints it; - is standard input")
	fs.StringVar(&d.user, "user", "", "`PERSONA` of the document")
	fs.StringVar(&d.op, "op", "sign_in", "what is to be done: `OP` is sign_in, enrol, bind, recover, replace, unlock, export or admin")
	fs.StringVar(&d.procedure, "procedure", "", "`NAME` by which one enrols or recovers")
	for name, to := range map[string]*string{"cred": &d.cred, "auth": &d.auth, "device": &d.device, "net": &d.net, "app": &d.app, "risk": &d.risk} {
		fs.StringVar(to, name, "", "what is known of it, `WORDS` as in the document's assertions: 'be: true, uv: true'")
	}
	fs.StringVar(&d.person, "person", "", "with --in-force: `PERSON` by id or e-mail address, as they stand now")
	fs.StringVar(&d.credential, "credential", "", "with --person: `PASSKEY` by id; without it, each of them")
	fs.StringVar(&d.revision, "revision", "", "with --in-force: ask `REVISION` instead")
	return nil
}

func (d *policyDecide) run(ctx context.Context, c console, h hostFlags, args []string) error {
	switch {
	case d.inForce == (len(args) == 1):
		return errors.New("say which policy: a FILE, or --in-force for that of a server")
	case d.inForce:
		return d.ask(ctx, c, h)
	}
	w, err := readPolicy(args[0])
	if err != nil {
		return err
	}
	doc, problems := policy.Parse(w.name, w.text)
	if problems.Bad() {
		return problems
	}
	p, problems := policy.Compile(doc, w.files)
	if p == nil {
		return problems
	}
	in, err := d.offline(p, c)
	if err != nil {
		return err
	}
	return d.print(c, h, []api.Decided{{Credential: in.Cred.ID, Decision: p.Decide(&in), Input: in}})
}

// offline is the input: a whole one, or a persona in a situation.
func (d *policyDecide) offline(p *policy.Policy, c console) (policy.Input, error) {
	if d.input != "" {
		text, err := d.read(c)
		if err != nil {
			return policy.Input{}, err
		}
		return policy.ReadInput(text)
	}
	given, err := d.given()
	if err != nil {
		return policy.Input{}, err
	}
	if _, ok := p.Document().Personas.Get(given.User); !ok {
		return policy.Input{}, fmt.Errorf("the document has no persona %q: name one with --user; it has %s", given.User, strings.Join(p.Document().Personas.Names, ", "))
	}
	return assert.Input(p, &given, d.time()), nil
}

func (d *policyDecide) read(c console) ([]byte, error) {
	if d.input == "-" {
		return io.ReadAll(io.LimitReader(c.in, 1<<20))
	}
	return os.ReadFile(d.input)
}

// given is what the flags say, read as the document's assertions are.
func (d *policyDecide) given() (g policy.Given, err error) {
	var text strings.Builder
	for _, f := range []struct{ name, value string }{{"user", d.user}, {"op", d.op}, {"procedure", d.procedure}} {
		if f.value != "" {
			fmt.Fprintf(&text, "%s: %q\n", f.name, f.value)
		}
	}
	for _, f := range []struct{ name, value string }{{"cred", d.cred}, {"auth", d.auth}, {"device", d.device}, {"net", d.net}, {"app", d.app}, {"risk", d.risk}} {
		if f.value != "" {
			fmt.Fprintf(&text, "%s: { %s }\n", f.name, strings.Trim(strings.TrimSpace(f.value), "{}"))
		}
	}
	_, wrong := yamlpos.Decode("the flags", []byte(text.String()), &g)
	for _, w := range wrong {
		err = errors.Join(err, fmt.Errorf("%s: %s; %s", w.Path, w.Text, w.Remedy))
	}
	return g, err
}

// ask asks a server.
func (d *policyDecide) ask(ctx context.Context, c console, h hostFlags) error {
	body := map[string]any{}
	if d.revision != "" {
		body["revision"] = d.revision
	}
	switch {
	case d.input != "":
		text, err := d.read(c)
		if err != nil {
			return err
		}
		body["input"] = json.RawMessage(text)
	case d.person != "":
		body["person"], body["op"] = d.person, d.op
		if d.credential != "" {
			body["credential"] = d.credential
		}
		if d.procedure != "" {
			body["procedure"] = d.procedure
		}
	default:
		return errors.New("say --person or --input: personas stand in a document, for which name a FILE")
	}
	cl, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	out, err := cl.do(ctx, request{method: http.MethodPost, path: "/policy/decide", body: body})
	if err != nil {
		return err
	}
	var list api.List[api.Decided]
	if err := json.Unmarshal(out, &list); err != nil {
		return err
	}
	return d.print(c, h, list.Items)
}

// print says the decisions; the exit status is 0 whatever they are.
func (d *policyDecide) print(c console, h hostFlags, all []api.Decided) error {
	if h.json {
		return printJSON(c, all)
	}
	for _, one := range all {
		if len(all) > 1 {
			fmt.Fprintf(c.out, "Passkey %s\n", one.Credential)
		}
		fmt.Fprintf(c.out, "%s\n  rules: %s\n  policy: %s\n", strings.Join(one.Decision.Said(), "\n"), strings.Join(one.Decision.Rules, ", "), one.Decision.Policy)
	}
	return nil
}
