package api

import (
	"encoding/json"
	"net/http"
	"slices"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/policy"
	"holdfast/domain/verdict"
	"holdfast/edge/policies"
)

// ToDecide is a situation. Either Input or Person and the rest.
type ToDecide struct {
	Input      json.RawMessage `json:"input,omitempty" doc:"Everything that a decision may depend on, as the inputs of a recorded one."`
	Person     string          `json:"person,omitempty" maxLength:"320" doc:"Id or e-mail address. Takes people:read and credentials:read as well."`
	Op         string          `json:"op,omitempty" enum:"sign_in,enrol,bind,recover,replace,unlock,export,admin"`
	Credential string          `json:"credential,omitempty" maxLength:"2000" doc:"Id of a passkey of theirs; where it is missing, each of them is tried."`
	App        policy.App      `json:"app,omitzero"`
	Device     policy.Device   `json:"device,omitzero"`
	Net        policy.Net      `json:"net,omitzero"`
	Procedure  string          `json:"procedure,omitempty" maxLength:"200" doc:"By which a first passkey is made."`
	Revision   string          `json:"revision,omitempty" maxLength:"100" doc:"Id of the revision to ask; the policy in force where it is missing."`
}

// Decided is a decision that was made for nobody: nothing is recorded.
type Decided struct {
	Credential string          `json:"credential,omitempty"`
	Decision   policy.Decision `json:"decision"`
	Input      policy.Input    `json:"input"`
}

func (a *API) decide() {
	add(a, operation{id: "decide", method: http.MethodPost, path: "/policy/decide", access: by(authority.PolicyRead), tag: "policy",
		summary: "Say what the policy would decide", more: "Nothing is recorded."},
		func(c call, in *struct{ Body ToDecide }) (*struct{ Body List[Decided] }, error) {
			done, err := a.decided(c, in.Body)
			return &struct{ Body List[Decided] }{List[Decided]{Items: done}}, err
		})
}

func (a *API) decided(c call, d ToDecide) ([]Decided, error) {
	p, err := a.policyOf(c, holdfast.RevisionID(d.Revision))
	if err != nil {
		return nil, err
	}
	if len(d.Input) > 0 {
		in, err := policy.ReadInput(d.Input)
		if err != nil {
			return nil, err
		}
		return []Decided{{in.Cred.ID, p.Decide(&in), in}}, nil
	}
	for _, s := range []authority.Scope{authority.PeopleRead, authority.CredentialsRead} {
		if !c.Holds.Has(s) {
			return nil, authority.Need(s)
		}
	}
	if d.Person == "" || d.Op == "" {
		return nil, holdfast.Errorf(holdfast.Invalid, "invalid_field", "Say input, or person and op.")
	}
	return a.decidedFor(c, p, d)
}

// policyOf is the one in force, or that of a revision.
func (a *API) policyOf(c call, id holdfast.RevisionID) (*policy.Policy, error) {
	if id == "" {
		return a.Policies.InForce(c, a.Store)
	}
	r, err := a.Store.Revision(c, id)
	if err != nil {
		return nil, err
	}
	return a.Policies.ByDigest(c, a.Store, r.Digest)
}

func (a *API) decidedFor(c call, p *policy.Policy, d ToDecide) ([]Decided, error) {
	who, err := a.find(c, d.Person)
	if err != nil {
		return nil, err
	}
	account, err := a.Store.Standing(c, who)
	if err != nil {
		return nil, err
	}
	one := verdict.Case{Op: policy.Op(d.Op), Person: who, UV: true, App: d.App, Procedure: d.Procedure,
		Where: verdict.Circumstances{Device: d.Device, Net: d.Net}, Now: a.Clock()}
	creds := account.Credentials
	if d.Credential != "" {
		creds = slices.DeleteFunc(slices.Clone(creds), func(k credential.Record) bool { return string(k.ID) != d.Credential })
		if len(creds) == 0 {
			return nil, holdfast.Errorf(holdfast.NotFound, "no_such_credential", "They have no such passkey.")
		}
	}
	cases := []verdict.Case{}
	for i := range creds {
		of := one
		of.Credential = &creds[i]
		cases = append(cases, of)
	}
	if len(cases) == 0 {
		cases = append(cases, one)
	}
	out := []Decided{}
	for _, of := range cases {
		v, err := verdict.Decide(p, account, of)
		if err != nil {
			return nil, err
		}
		out = append(out, Decided{v.Input.Cred.ID, v.Decision, v.Input})
	}
	return out, nil
}

func (a *API) presets() {
	read := by(authority.PolicyRead)
	add(a, operation{id: "list-presets", method: http.MethodGet, path: "/policy/presets", access: read, tag: "policy", nobodys: true,
		summary: "List the policies that come with Holdfast"}, func(call, *struct{}) (*struct{ Body List[Preset] }, error) {
		out := List[Preset]{Items: []Preset{}}
		for _, p := range policy.Presets() {
			out.Items = append(out.Items, Preset{Name: p.Name, Digest: policies.Digest(p.Text)})
		}
		return &struct{ Body List[Preset] }{out}, nil
	})
	add(a, operation{id: "get-preset", method: http.MethodGet, path: "/policy/presets/{name}", access: read, tag: "policy", nobodys: true,
		summary: "Give the text of one"}, func(_ call, in *struct {
		Name string `path:"name" maxLength:"100"`
	}) (*struct{ Body Preset }, error) {
		for _, p := range policy.Presets() {
			if p.Name == in.Name {
				return &struct{ Body Preset }{Preset{p.Name, policies.Digest(p.Text), string(p.Text)}}, nil
			}
		}
		return nil, holdfast.Errorf(holdfast.NotFound, "no_such_preset", "There is no preset of this name. GET /api/v1/policy/presets lists them.")
	})
}
