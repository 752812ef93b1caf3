package api

import (
	"net/http"
	"strconv"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/edge/store"
	"holdfast/flow/survey"
)

// Surveyed is one page of a list about everybody, and what it rests on.
type Surveyed[T any] struct {
	answer.Basis
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"The cursor of the page behind this one; missing at the end."`
}

type surveyed[T any] struct {
	Link string `header:"Link" doc:"RFC 8288: the page behind this one, rel=next."`
	Body Surveyed[T]
}

// surveyPage answers a page of the survey.
func surveyPage[T any](a *API, c call, p Paging, l survey.List[T], err error) (*surveyed[T], error) {
	if err != nil {
		return nil, err
	}
	out := &surveyed[T]{Body: Surveyed[T]{Basis: l.Basis, Items: l.Items}}
	if out.Body.Items == nil {
		out.Body.Items = []T{}
	}
	if l.Next != "" {
		out.Body.Next = a.sealed(c, store.Cut{ID: l.Next})
		q := filters(c)
		q.Set("limit", strconv.Itoa(p.Limit))
		q.Set("cursor", out.Body.Next)
		out.Link = "<" + c.request.URL.EscapedPath() + "?" + q.Encode() + `>; rel="next"`
	}
	return out, nil
}

// ByAccount names whose account it is about.
type ByAccount struct {
	ID string `path:"id" maxLength:"320" doc:"Id of a person, their e-mail address, or their whole name where one person alone has it."`
}

// ToSuppose is what a what-if asks. Nothing is changed.
type ToSuppose struct {
	Lost   []string  `json:"lost,omitempty" maxItems:"16" doc:"Things that the owner has lost and somebody else may have found: a passkey by id or name, an atom." example:"[\"key:yk1\"]"`
	Given  []string  `json:"given,omitempty" maxItems:"16" doc:"Things that an attacker has: atoms or nodes, as who-can names them."`
	Add    []string  `json:"add,omitempty" maxItems:"16" doc:"key, passkey, fallback:NAME, recovery:NAME, or NODE<-A+B."`
	Remove []string  `json:"remove,omitempty" maxItems:"16" doc:"A passkey, a fallback, a recovery procedure, something declared, an edge or a rule."`
	At     time.Time `json:"at,omitzero" doc:"As it will be then."`
}

// Fixes are a finding and what would mend it.
type Fixes struct {
	Finding answer.Finding `json:"finding"`
	Fixes   []answer.Fix   `json:"fixes" nullable:"false" doc:"Ranked: by accounts lifted, then by accounts that may be locked out."`
	Counted bool           `json:"counted" doc:"Whether the fixes are counted over everybody; else over this account alone, while accounts are being read."`
}

func (a *API) exposure() {
	read := by(authority.ExposureRead)
	add(a, operation{id: "get-exposure", method: http.MethodGet, path: "/exposure/overview", access: read, tag: "exposure",
		summary: "Say what the accounts of the organisation are worth", more: "While accounts are being read, loading is true and nobody is counted yet."},
		func(c call, _ *struct{}) (*struct{ Body answer.Overview }, error) {
			o, err := a.Survey.Overview(c)
			return &struct{ Body answer.Overview }{o}, err
		})
	add(a, operation{id: "list-effective", method: http.MethodGet, path: "/exposure/accounts", access: read, tag: "exposure",
		summary: "List accounts and what they are worth by their weakest path", more: "By id. What is missing filters nothing."}, a.listEffective)
	add(a, operation{id: "who-can", method: http.MethodGet, path: "/exposure/accounts/{id}", access: read, tag: "exposure",
		summary: "Say who can get at an account", more: "Computed for this call: every minimal set of things that gives access, by level, then size, then name."},
		func(c call, in *ByAccount) (*struct{ Body answer.WhoCan }, error) {
			w, err := a.Survey.WhoCan(c, in.ID)
			if err == nil {
				err = a.shows(c, "who-can", w.Account)
			}
			return &struct{ Body answer.WhoCan }{w}, err
		})
	add(a, operation{id: "get-exposure-picture", method: http.MethodGet, path: "/exposure/accounts/{id}/picture", access: read, tag: "exposure",
		summary: "Give the graph of one account, at most 60 nodes, the weakest way marked"},
		func(c call, in *ByAccount) (*struct{ Body answer.Picture }, error) {
			p, err := a.Survey.Picture(c, in.ID)
			if err == nil {
				err = a.shows(c, "get-exposure-picture", p.Account)
			}
			return &struct{ Body answer.Picture }{p}, err
		})
	add(a, operation{id: "what-if", method: http.MethodPost, path: "/exposure/accounts/{id}/what-if", access: read, tag: "exposure",
		summary: "Say what an account would be worth if something were different", more: "Nothing is changed."}, a.whatIf)
	add(a, operation{id: "who-can-credential", method: http.MethodGet, path: "/exposure/credentials/{id}", access: read, tag: "exposure",
		summary: "Say who can get at an account through one passkey"},
		func(c call, in *OfCredential) (*struct{ Body answer.WhoCan }, error) {
			r, err := a.Store.Credential(c, holdfast.CredentialID(in.ID))
			if err != nil {
				return nil, err
			}
			w, err := a.Survey.WhoCan(c, string(r.ID))
			if err == nil {
				err = a.shows(c, "who-can-credential", w.Account)
			}
			return &struct{ Body answer.WhoCan }{w}, err
		})
	add(a, operation{id: "blast", method: http.MethodGet, path: "/exposure/blast", access: read, tag: "exposure",
		summary: "Say what falls with something", more: "The list of accounts is paged; the numbers are of all."}, a.blast)
	add(a, operation{id: "list-exposure-findings", method: http.MethodGet, path: "/exposure/findings", access: read, tag: "exposure",
		summary: "List what is wrong with accounts, the worst first", more: "An account's findings of one severity come together, so a page may be a little longer than its limit."}, a.exposureFindings)
	add(a, operation{id: "list-fixes", method: http.MethodGet, path: "/exposure/findings/{id}/fixes", access: read, tag: "exposure",
		summary: "Say what would mend a finding"}, a.fixes)
	add(a, operation{id: "list-residual", method: http.MethodGet, path: "/exposure/residual", access: read, tag: "exposure",
		summary: "List who left and can still sign in"},
		func(c call, in *struct{ Paging }) (*surveyed[answer.Left], error) {
			after, err := a.opened(c, in.Cursor)
			if err != nil {
				return nil, err
			}
			l, err := a.Survey.Residual(c, holdfast.PersonID(after.ID), in.Limit)
			if err == nil {
				err = a.shows(c, "list-residual", "")
			}
			return surveyPage(a, c, in.Paging, l, err)
		})
}

func (a *API) listEffective(c call, in *struct {
	Paging
	Segment string `query:"segment" maxLength:"200" doc:"Of the policy."`
	Below   int    `query:"below" minimum:"0" maximum:"3" doc:"Worth less than this AAL."`
	Verdict string `query:"verdict" enum:"PASS,NIST-ONLY,FAIL,FAIL-UNKNOWN"`
	Profile string `query:"profile" enum:"phisher,sim-swapper,help-desk-caller,sync-thief,burglar,mail-admin,single-operator,provider-insider" doc:"This adversary gets in."`
	Singles string `query:"singles" enum:"true,false" doc:"true: those that fall with one thing alone."`
	Phr     string `query:"phishable" enum:"true,false" doc:"true: those that must resist phishing and do not."`
}) (*surveyed[answer.Row], error) {
	after, err := a.opened(c, in.Cursor)
	if err != nil {
		return nil, err
	}
	l, err := a.Survey.Effective(c, survey.Which{Segment: in.Segment, Below: in.Below, Verdict: exposure.Verdict(in.Verdict), Profile: exposure.Profile(in.Profile),
		Singles: in.Singles == "true", Phr: in.Phr == "true"}, holdfast.PersonID(after.ID), in.Limit)
	if err == nil {
		err = a.shows(c, "list-effective", "")
	}
	return surveyPage(a, c, in.Paging, l, err)
}

func (a *API) whatIf(c call, in *struct {
	ByAccount
	Body ToSuppose
}) (*struct{ Body answer.WhatIf }, error) {
	if err := a.lookedAt(c, "what-if"); err != nil {
		return nil, err
	}
	b := in.Body
	w, err := a.Survey.WhatIf(c, in.ID, answer.Suppose{Lost: b.Lost, Given: b.Given, Add: b.Add, Remove: b.Remove, At: b.At})
	if err == nil {
		err = a.shows(c, "what-if", w.Before.Account)
	}
	return &struct{ Body answer.WhatIf }{w}, err
}

// lookedAt records that the host's administrator reads by a call that is no GET.
func (a *API) lookedAt(c call, what string) error {
	if c.Actor.Kind != holdfast.ActorHost {
		return nil
	}
	return a.Govern.Looked(c, c.Actor, what)
}

// shows records that the owner of a token reads who can get at an account, or
// at those of everybody where whose is empty. Their own is their own.
func (a *API) shows(c call, what, whose string) error {
	if c.Actor.Kind != holdfast.ActorToken || whose == string(c.Owner.ID) {
		return nil
	}
	return a.looks.Note(c.Actor.ID, whose, func() error { return a.Govern.LookedAt(c, c.Actor, what, holdfast.PersonID(whose)) })
}

func (a *API) blast(c call, in *struct {
	Paging
	Node string `query:"node" required:"true" maxLength:"2000" doc:"corrupt:PERSON, a person by id, address or name, a passkey, a provider of the policy, something declared, or root:host."`
}) (*struct{ Body answer.Blast }, error) {
	after, err := a.opened(c, in.Cursor)
	if err != nil {
		return nil, err
	}
	b, err := a.Survey.Blast(c, in.Node, holdfast.PersonID(after.ID), in.Limit)
	if err == nil {
		err = a.shows(c, "blast", "")
	}
	if b.Cursor != "" {
		b.Cursor = a.sealed(c, store.Cut{ID: b.Cursor})
	}
	return &struct{ Body answer.Blast }{b}, err
}

func (a *API) exposureFindings(c call, in *struct {
	Paging
	Severity string `query:"severity" enum:"critical,high,medium,low"`
	Rule     string `query:"rule" enum:"EA-BELOW-REQUIRED,PHR-MISSING,NIST-ONLY,UNKNOWN-FACT,SINGLE-POINT,AVAILABILITY,RESIDUAL-ACCESS,CONTESTABILITY"`
	Segment  string `query:"segment" maxLength:"200"`
	Account  string `query:"account" maxLength:"320" doc:"Id, e-mail address or name: those of one account, computed for this call."`
}) (*surveyed[answer.Finding], error) {
	after, err := a.opened(c, in.Cursor)
	if err != nil {
		return nil, err
	}
	l, err := a.Survey.Findings(c, survey.Wrong{Severity: answer.Severity(in.Severity), Rule: in.Rule, Segment: in.Segment, Account: in.Account}, after.ID, in.Limit)
	if err == nil {
		err = a.shows(c, "list-exposure-findings", oneOf(in.Account, l.Items))
	}
	return surveyPage(a, c, in.Paging, l, err)
}

func (a *API) fixes(c call, in *struct {
	ID      string `path:"id" maxLength:"100" example:"F-lvz4o4ac-b4d6e811"`
	Account string `query:"account" maxLength:"320" doc:"Whose finding it is, by id, e-mail address or name. The id of the finding says it as well."`
}) (*struct{ Body Fixes }, error) {
	x, err := a.Survey.Fix(c, in.ID, in.Account)
	if err == nil {
		err = a.shows(c, "list-fixes", x.Finding.Account)
	}
	if err != nil {
		return nil, err
	}
	return &struct{ Body Fixes }{Fixes{Finding: x.Finding, Fixes: x.Fixes, Counted: x.Counted}}, nil
}

// oneOf is whose account a list of findings is about, where one was asked for.
func oneOf(asked string, found []answer.Finding) string {
	if asked == "" || len(found) == 0 {
		return ""
	}
	return found[0].Account
}
