package api

import (
	"errors"
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/policy"
	"holdfast/domain/policy/assert"
	"holdfast/domain/policy/compare"
	"holdfast/domain/revision"
	"holdfast/edge/store"
	"holdfast/flow/govern"
	"holdfast/flow/rejudge"
)

// Policy is the policy in force.
type Policy struct {
	Revision string            `json:"revision,omitempty" doc:"Id of the revision; missing while the preset of a fresh installation decides."`
	Number   int64             `json:"number" doc:"0: the preset of a fresh installation."`
	Digest   string            `json:"digest" doc:"SHA-256, hex. Decisions name it."`
	Name     string            `json:"name"`
	Applied  time.Time         `json:"applied,omitzero"`
	Text     string            `json:"text" doc:"The document, YAML."`
	Reading  policy.Reading    `json:"reading" doc:"The same as sentences."`
	Files    map[string]string `json:"files,omitempty" doc:"Name to text, of the files that it names."`
	Trouble  string            `json:"trouble,omitempty" doc:"Why this text does not decide. docs/policy-change.md says what to do."`
	Decides  string            `json:"decides,omitempty" doc:"The name of the policy that decides in its place; reading is of that one."`
}

// Revision is a change of the policy.
type Revision struct {
	ID       string    `json:"id" example:"rev_7yk2m4"`
	Number   int64     `json:"number"`
	State    string    `json:"state" enum:"proposed,approved,in force,superseded,withdrawn"`
	Name     string    `json:"name"`
	Digest   string    `json:"digest"`
	Previous string    `json:"previous" doc:"Digest of the policy that was in force when this one was proposed."`
	Note     string    `json:"note,omitempty"`
	Author   string    `json:"author" example:"person:per_7yk2m4"`
	Lowers   bool      `json:"lowers" doc:"It lowers what a segment proves, or asks less of those who approve: more must approve."`
	Needs    int64     `json:"needs" doc:"How many must approve."`
	Created  time.Time `json:"created"`
	Applied  time.Time `json:"applied,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
}

func revisionView(r revision.Record) Revision {
	return Revision{ID: string(r.ID), Number: r.Number, State: string(r.State), Name: r.Name, Digest: r.Digest, Previous: r.Previous,
		Note: r.Note, Author: r.Author, Lowers: r.Lowers, Needs: r.Needs, Created: r.Created, Applied: r.Applied, Ended: r.Ended}
}

// Approval is one person's.
type Approval struct {
	By  string    `json:"by" example:"person:per_7yk2m4"`
	At  time.Time `json:"at"`
	Why string    `json:"why,omitempty" doc:"Of the host's administrator: why they approved in people's place."`
}

// RevisionShown is a revision with all that is to be known of it.
type RevisionShown struct {
	Revision
	Text      string            `json:"text"`
	Files     map[string]string `json:"files,omitempty" doc:"Name to text, of the files that it names."`
	Reading   policy.Reading    `json:"reading"`
	Approvals []Approval        `json:"approvals" nullable:"false"`
	Changes   []compare.Change  `json:"changes,omitempty" nullable:"false" doc:"Against the policy in force, while it is not decided."`
	Warnings  []policy.Problem  `json:"warnings,omitempty" nullable:"false"`
	Approvers []string          `json:"approvers,omitempty" nullable:"false" doc:"Ids of the people who may approve it now."`
	Barred    []Barred          `json:"barred,omitempty" nullable:"false" doc:"Who is of those who are asked, and may not approve it now."`
	From      []string          `json:"from,omitempty" nullable:"false" doc:"Whom the policy in force asks to approve it."`
	Host      string            `json:"host,omitempty" doc:"Why the host's administrator may approve it in their place; missing: they may not."`
}

// Barred is somebody who may not approve a revision, and why.
type Barred struct {
	Person string    `json:"person" doc:"Id."`
	Code   string    `json:"code" enum:"author_approves,not_independent,approved_already,cannot_sign_in" doc:"not_independent: they and the author, or somebody who has approved, came about by one hand in the last seven days."`
	Why    string    `json:"why" doc:"A sentence."`
	Until  time.Time `json:"until,omitzero" doc:"Of not_independent: when they may. Missing: never this revision."`
	By     []string  `json:"by,omitempty" nullable:"false" example:"person:per_7yk2m4" doc:"Whose hands those were."`
}

func shownRevision(p govern.Proposed) (RevisionShown, error) {
	v := RevisionShown{Revision: revisionView(p.Revision), Text: string(p.Revision.Text), Changes: p.Changes, Warnings: p.Warnings, Host: p.Host,
		Approvals: views(p.Approvals, func(a revision.Approval) Approval { return Approval{a.By, a.At, a.Why} })}
	var err error
	if v.Files, err = filesOf(p.Revision); err != nil {
		return v, err
	}
	for _, who := range p.Approvers {
		v.Approvers = append(v.Approvers, string(who.ID))
	}
	for _, b := range p.Barred {
		v.Barred = append(v.Barred, Barred{string(b.Person.ID), b.Code, b.Why, b.Until, b.By})
	}
	for _, from := range p.From.From {
		v.From = append(v.From, string(from))
	}
	if d, problems := policy.Parse(string(p.Revision.ID), p.Revision.Text); !problems.Bad() {
		v.Reading = policy.Sentences(d)
	}
	if v.Reading.Segments == nil {
		v.Reading.Segments = []policy.Said{}
	}
	return v, nil
}

func filesOf(r revision.Record) (map[string]string, error) {
	files, err := r.FileTexts()
	out := map[string]string{}
	for name, text := range files {
		out[name] = string(text)
	}
	return out, err
}

// said is an error as a sentence.
func said(err error) string {
	if e, ok := errors.AsType[*holdfast.Error](err); ok {
		return e.Text
	}
	return err.Error()
}

// Document is a policy to look at or to let in.
type Document struct {
	Text  string            `json:"text" doc:"YAML."`
	Files map[string]string `json:"files,omitempty" doc:"Name to text, of the files that it names: pinned roots in PEM."`
	File  string            `json:"file,omitempty" maxLength:"200" doc:"What places in it are called by; policy.yaml where it is missing."`
}

func (d Document) proposal() govern.Proposal {
	p := govern.Proposal{File: d.File, Text: []byte(d.Text)}
	if d.Files != nil {
		p.Files = map[string][]byte{}
	}
	if p.File == "" {
		p.File = "policy.yaml"
	}
	for name, text := range d.Files {
		p.Files[name] = []byte(text)
	}
	return p
}

// NewRevision is a policy to let in.
type NewRevision struct {
	Document
	Note string `json:"note,omitempty" maxLength:"2000" doc:"Why."`
}

// Linted is what is wrong with a policy.
type Linted struct {
	OK         bool             `json:"ok" doc:"It would load. Warnings do not keep it from that."`
	Problems   []policy.Problem `json:"problems" nullable:"false"`
	Assertions []assert.Result  `json:"assertions" nullable:"false" doc:"The tests that it carries."`
	Reading    *policy.Reading  `json:"reading,omitempty"`
}

// Planned is what applying a revision would do, or did.
type Planned struct {
	RevisionShown
	Administrators int             `json:"administrators" doc:"Who could sign in under it with a passkey that they have."`
	Impact         *rejudge.Impact `json:"impact,omitempty" doc:"What becomes of everybody; in the plan alone."`
	Counting       *Counting       `json:"counting,omitempty" doc:"Impact is being counted: ask again."`
}

// Counting is how far a count is.
type Counting struct {
	Done  int64 `json:"done"`
	Total int64 `json:"total" doc:"People; 0: it has not begun."`
}

// Diff is what changes from one policy to another, in meaning.
type Diff struct {
	From    string           `json:"from" doc:"Digest."`
	To      string           `json:"to" doc:"Digest."`
	Lowers  bool             `json:"lowers"`
	Changes []compare.Change `json:"changes" nullable:"false"`
}

// Preset is a policy that comes with the program.
type Preset struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
	Text   string `json:"text,omitempty"`
}

// maxPolicyBody leaves room for what JSON makes of a text of 1 MiB.
const maxPolicyBody = 3 << 20

type revisionAnswer struct{ Body RevisionShown }

func (a *API) policy() {
	read, write := by(authority.PolicyRead), by(authority.PolicyWrite)
	add(a, operation{id: "get-policy", method: http.MethodGet, path: "/policy", access: read, tag: "policy", nobodys: true,
		summary: "Show the policy in force"}, a.getPolicy)
	add(a, operation{id: "list-revisions", method: http.MethodGet, path: "/policy/revisions", access: read, tag: "policy",
		summary: "List the revisions of the policy, the newest first"}, a.listRevisions)
	add(a, operation{id: "get-revision", method: http.MethodGet, path: "/policy/revisions/{id}", access: read, tag: "policy",
		summary: "Show a revision"}, func(c call, in *ByID) (*revisionAnswer, error) {
		return a.showRevision(c, holdfast.RevisionID(in.ID))
	})
	add(a, operation{id: "diff-revision", method: http.MethodGet, path: "/policy/revisions/{id}/diff", access: read, tag: "policy",
		summary: "Say what a revision changes, in meaning", nobodys: true}, a.diffRevision)
	add(a, operation{id: "lint-policy", method: http.MethodPost, path: "/policy/lint", access: read, tag: "policy", body: maxPolicyBody,
		summary: "Say what is wrong with a policy", more: "Nothing is kept."}, a.lintPolicy)
	add(a, operation{id: "propose-policy", method: http.MethodPost, path: "/policy/revisions", access: write, tag: "policy", body: maxPolicyBody,
		status: http.StatusCreated, summary: "Propose a policy", more: "One that is wrong in any way is refused with everything that is wrong."},
		func(c call, in *struct{ Body NewRevision }) (*revisionAnswer, error) {
			p := in.Body.proposal()
			p.Note = in.Body.Note
			done, err := a.Revisions.Propose(c, c.Actor, p)
			return revisionOf(done, err)
		})
	add(a, operation{id: "approve-revision", method: http.MethodPost, path: "/policy/revisions/{id}/approve", access: by(authority.PolicyApprove), tag: "policy",
		summary: "Approve a revision that somebody else proposed",
		more:    "Who proposed it, and whoever came to what lets them approve by the author's hand in the last seven days, may not (`barred`). A token never may (`in_person`). The host's administrator approves only where people cannot."},
		func(c call, in *ByID) (*revisionAnswer, error) {
			if _, err := a.Revisions.Approve(c, c.Actor, holdfast.RevisionID(in.ID)); err != nil {
				return nil, err
			}
			return a.showRevision(c, holdfast.RevisionID(in.ID))
		})
	add(a, operation{id: "withdraw-revision", method: http.MethodPost, path: "/policy/revisions/{id}/withdraw", access: write, tag: "policy",
		summary: "Withdraw a revision that is not in force"},
		func(c call, in *ByID) (*revisionAnswer, error) {
			if _, err := a.Revisions.Withdraw(c, c.Actor, holdfast.RevisionID(in.ID)); err != nil {
				return nil, err
			}
			return a.showRevision(c, holdfast.RevisionID(in.ID))
		})
	add(a, operation{id: "plan-revision", method: http.MethodGet, path: "/policy/revisions/{id}/plan", access: read, tag: "policy",
		summary: "Say what would become of people if a revision came into force",
		more:    "Everybody is counted. Where that takes longer than 1.5 s, `counting` says how far it is and `impact` is missing: ask again, a second later. The plan can be carried out by its digest for a day."},
		func(c call, in *ByID) (*struct{ Body Planned }, error) {
			return planned(a.Revisions.Plan(c, c.Actor, holdfast.RevisionID(in.ID)))
		})
	add(a, operation{id: "apply-revision", method: http.MethodPost, path: "/policy/revisions/{id}/apply", access: write, tag: "policy",
		summary: "Put an approved revision in force",
		more:    "With `plan`, it is refused where facts have moved so that it would shut out somebody whom that plan does not show (`plan_outgrown`), where something changed for everybody (`plan_moved`), and after a day (`plan_gone`)."},
		func(c call, in *struct {
			ByID
			Plan string `query:"plan" maxLength:"64" doc:"Digest of the plan that was looked at: impact.digest."`
		}) (*struct{ Body Planned }, error) {
			return planned(a.Revisions.Apply(c, c.Actor, holdfast.RevisionID(in.ID), in.Plan))
		})
	a.presets()
	a.decide()
}

func planned(p govern.Plan, err error) (*struct{ Body Planned }, error) {
	if err != nil {
		return nil, err
	}
	shown, err := shownRevision(p.Proposed)
	out := Planned{RevisionShown: shown, Administrators: p.Administrators}
	if i, ok := p.Impact.(rejudge.Impact); ok {
		out.Impact = &i
	}
	if p.Counting != nil {
		out.Counting = &Counting{p.Counting.Done, p.Counting.Total}
	}
	return &struct{ Body Planned }{out}, err
}

func revisionOf(p govern.Proposed, err error) (*revisionAnswer, error) {
	if err != nil {
		return nil, err
	}
	shown, err := shownRevision(p)
	return &revisionAnswer{shown}, err
}

func (a *API) showRevision(c call, id holdfast.RevisionID) (*revisionAnswer, error) {
	return revisionOf(a.Revisions.Look(c, c.Actor, id))
}

func (a *API) getPolicy(c call, _ *struct{}) (*struct{ Body Policy }, error) {
	r, err := a.Store.RevisionInForce(c)
	if holdfast.KindOf(err) == holdfast.NotFound {
		r, err = a.Policies.First(), nil
	}
	if err != nil {
		return nil, err
	}
	v := Policy{Revision: string(r.ID), Number: r.Number, Digest: r.Digest, Name: r.Name, Applied: r.Applied, Text: string(r.Text)}
	decides, err := a.Policies.InForce(c, a.Store)
	if err != nil {
		return nil, err
	}
	v.Reading = policy.Sentences(decides.Document())
	why, err := a.Policies.Unusable(c, a.Store)
	if err != nil {
		return nil, err
	}
	if why == nil && r.ID != "" {
		why = r.Intact()
	}
	if why != nil {
		v.Trouble, v.Decides = said(why), decides.Document().Metadata.Name
	}
	if v.Files, err = filesOf(r); err != nil && why == nil {
		return nil, err
	}
	return &struct{ Body Policy }{v}, err
}

func (a *API) listRevisions(c call, in *struct{ Paging }) (*listed[Revision], error) {
	return paged(a, c, in.Paging, pager[revision.Record, Revision]{
		read: func(after store.Cut, limit int) ([]revision.Record, error) {
			all, err := a.Store.Revisions(c)
			if err != nil {
				return nil, err
			}
			var out []revision.Record
			for _, r := range all {
				if (after.ID == "" || r.Number < after.At) && len(out) < limit {
					out = append(out, r)
				}
			}
			return out, nil
		},
		cut:  func(r revision.Record) store.Cut { return store.Cut{At: r.Number, ID: string(r.ID)} },
		view: func(rs []revision.Record) ([]Revision, error) { return views(rs, revisionView), nil },
	})
}

func (a *API) diffRevision(c call, in *struct {
	ByID
	Against string `query:"against" maxLength:"100" doc:"Id of a revision; where it is missing, the policy that was in force when this one was proposed."`
}) (*struct{ Body Diff }, error) {
	to, err := a.Store.Revision(c, holdfast.RevisionID(in.ID))
	if err != nil {
		return nil, err
	}
	digest := to.Previous
	if in.Against != "" {
		from, err := a.Store.Revision(c, holdfast.RevisionID(in.Against))
		if err != nil {
			return nil, err
		}
		digest = from.Digest
	}
	was, err := a.Policies.ByDigest(c, a.Store, digest)
	if err != nil {
		return nil, err
	}
	is, err := a.Policies.ByDigest(c, a.Store, to.Digest)
	if err != nil {
		return nil, err
	}
	lowers, changes := compare.Policies(was, is)
	return &struct{ Body Diff }{Diff{From: digest, To: to.Digest, Lowers: lowers, Changes: append([]compare.Change{}, changes...)}}, nil
}

func (a *API) lintPolicy(c call, in *struct {
	Body struct {
		Document
		At time.Time `json:"at,omitempty" doc:"By which day dates are judged; now where it is missing."`
	}
}) (*struct{ Body Linted }, error) {
	at := in.Body.At
	if at.IsZero() {
		at = a.Clock()
	}
	e, err := in.Body.proposal().Lint(at)
	if err != nil && e.Problems == nil {
		return nil, err
	}
	v := Linted{OK: !e.Problems.Bad(), Problems: append([]policy.Problem{}, e.Problems...), Assertions: append([]assert.Result{}, e.Assertions...)}
	if v.OK {
		reading := policy.Sentences(e.Document)
		v.Reading = &reading
	}
	return &struct{ Body Linted }{v}, nil
}
