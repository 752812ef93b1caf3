package api

import (
	"encoding/json"
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/decision"
	"holdfast/domain/policy"
	"holdfast/edge/store"
)

// Decision is what was decided once.
type Decision struct {
	ID         string    `json:"id" example:"dec_7yk2m4"`
	Op         string    `json:"op" enum:"sign_in,enrol,bind,recover,replace,unlock,export,admin"`
	Person     string    `json:"person"`
	Credential string    `json:"credential,omitempty"`
	App        string    `json:"app,omitempty" doc:"Missing: Holdfast's own pages."`
	Outcome    string    `json:"outcome" enum:"allow,need,deny"`
	Code       string    `json:"code,omitempty" doc:"Of the first reason or need."`
	Segment    string    `json:"segment,omitempty"`
	Rules      []string  `json:"rules" nullable:"false" doc:"That spoke, in order."`
	Policy     string    `json:"policy" doc:"Digest of the revision."`
	Facts      int64     `json:"facts" doc:"Records in the audit log when the facts were read."`
	Digest     string    `json:"digest" doc:"SHA-256 of the decision's JSON, hex: what a replay must give."`
	At         time.Time `json:"at"`
}

func decisionView(r decision.Record) Decision {
	return Decision{ID: string(r.ID), Op: string(r.Op), Person: string(r.Person), Credential: string(r.Credential), App: string(r.App),
		Outcome: string(r.Outcome), Code: r.Code, Segment: r.Segment, Rules: append([]string{}, r.Rules...), Policy: r.Policy, Facts: r.Facts,
		Digest: r.Digest, At: r.At}
}

// DecisionShown is a decision with what it rested on.
type DecisionShown struct {
	Decision
	Inputs json.RawMessage `json:"inputs,omitempty" doc:"Missing where they are erased."`
}

// Explained is a decision that was made again, from its inputs and the policy
// of that time. Nothing of the outcome that was recorded is in it.
type Explained struct {
	ID       string          `json:"id"`
	Same     bool            `json:"same" doc:"It is, byte for byte, what was recorded."`
	Recorded string          `json:"recorded" doc:"Digest that was recorded."`
	Replayed string          `json:"replayed" doc:"Digest of what was decided now."`
	Decision policy.Decision `json:"decision"`
	Said     []string        `json:"said" nullable:"false" doc:"The decision as sentences."`
	Input    policy.Input    `json:"input"`
	Revision string          `json:"revision,omitempty" doc:"Id; missing: a policy that comes with Holdfast."`
	Policy   string          `json:"policy" doc:"Name of the policy."`
}

func (a *API) decisions() {
	read := by(authority.PolicyRead)
	add(a, operation{id: "list-decisions", method: http.MethodGet, path: "/decisions", access: read, tag: "policy",
		summary: "List decisions, the newest first", more: "Those of everybody are only those that did not allow; name a person for all."}, a.listDecisions)
	add(a, operation{id: "get-decision", method: http.MethodGet, path: "/decisions/{id}", access: read, tag: "policy",
		summary: "Show a decision and what it rested on"},
		func(c call, in *ByID) (*struct{ Body DecisionShown }, error) {
			r, err := a.Store.Decision(c, holdfast.DecisionID(in.ID))
			if err != nil {
				return nil, err
			}
			return &struct{ Body DecisionShown }{DecisionShown{decisionView(r), r.Inputs}}, nil
		})
	add(a, operation{id: "explain-decision", method: http.MethodGet, path: "/decisions/{id}/explain", access: read, tag: "policy",
		summary: "Make a decision again and say why it came out so"}, a.explain)
}

func (a *API) listDecisions(c call, in *struct {
	Paging
	Person  string `query:"person" maxLength:"320" doc:"Id, or e-mail address."`
	Outcome string `query:"outcome" enum:"allow,need,deny"`
	Op      string `query:"op" enum:"sign_in,enrol,bind,recover,replace,unlock,export,admin"`
}) (*listed[Decision], error) {
	f := store.DecisionList{Outcome: policy.Outcome(in.Outcome), Op: policy.Op(in.Op)}
	var err error
	if f.Person, err = a.findAny(c, in.Person); err != nil {
		return nil, err
	}
	if f.Person == "" && f.Outcome == policy.Allow {
		return nil, holdfast.Errorf(holdfast.Invalid, "invalid_field", "Decisions that allowed are listed for one person: name them.")
	}
	return paged(a, c, in.Paging, pager[decision.Record, Decision]{
		read: func(after store.Cut, limit int) ([]decision.Record, error) {
			return a.Store.ListDecisions(c, f, after, limit)
		},
		cut:  func(r decision.Record) store.Cut { return store.CutAt(r.At, string(r.ID)) },
		view: func(rs []decision.Record) ([]Decision, error) { return views(rs, decisionView), nil },
	})
}

func (a *API) explain(c call, in *ByID) (*struct{ Body Explained }, error) {
	r, err := a.Store.Decision(c, holdfast.DecisionID(in.ID))
	if err != nil {
		return nil, err
	}
	input, err := r.Input() // before the policy: erased is the clearer answer
	if err != nil {
		return nil, err
	}
	p, err := a.Policies.ByDigest(c, a.Store, r.Policy)
	if holdfast.KindOf(err) == holdfast.NotFound {
		err = r.ErrNoPolicy()
	}
	if err != nil {
		return nil, err
	}
	d, same, err := r.Replay(p)
	if err != nil {
		return nil, err
	}
	out := Explained{ID: string(r.ID), Same: same, Recorded: r.Digest, Decision: d, Said: append([]string{}, d.Said()...), Input: input,
		Policy: p.Document().Metadata.Name}
	if out.Replayed, err = decision.Digest(d); err != nil {
		return nil, err
	}
	rev, err := a.Store.RevisionByDigest(c, r.Policy)
	if err == nil {
		out.Revision = string(rev.ID)
	}
	if holdfast.KindOf(err) == holdfast.NotFound {
		err = nil
	}
	return &struct{ Body Explained }{out}, err
}
