// Package api is the administration as a JSON API, /api/v1: what the console
// does, for programs. Every operation names the scope that it takes, in the
// route table and in the OpenAPI document that is made of the same words. It
// refuses cookies, members that it does not know, and to judge: flow/govern
// checks the right of every change again, in its transaction.
package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/edge/metadata"
	"holdfast/edge/policies"
	"holdfast/edge/store"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
	"holdfast/flow/govern"
	"holdfast/flow/survey"
)

// Prefix is where the API is. The number changes when a client that follows
// the document would break.
const Prefix = "/api/v1"

// Config is what the API is made of.
type Config struct {
	Store       *store.DB
	Govern      *govern.Flow
	Keys        Keys
	Policies    *policies.Shelf
	Revisions   *govern.Revisions
	Metadata    *metadata.Library
	Survey      *survey.Flow
	Visits      *visit.Visits // answers errors
	Guard       route.Guard   // lets callers in
	Sealer      store.Sealer  // of cursors
	Clock       holdfast.Clock
	Log         *slog.Logger
	Origin      string // of the server, the issuer
	RPID        string
	VerifierKey string // of the audit log, in the note format
}

// API answers. It may be used concurrently.
type API struct {
	Config
	mux   *route.Mux
	looks *visit.Looks
	later
}

// later is what huma makes of the operations: schemas, validators and the
// document, a fifth of what an idle server would hold and half of its start. It
// is made when the first call comes; the tests make it too.
type later struct {
	operations []func(huma.API, *huma.Response)
	huma       func() huma.API
	text       func() (documents, error)
}

// New makes the API with all operations.
func New(c Config) (*API, error) {
	a := &API{Config: c, mux: route.NewMux(c.Guard), looks: visit.NewLooks(c.Clock)}
	a.huma, a.text = sync.OnceValue(a.register), sync.OnceValues(a.write)
	for _, part := range []func(){a.me, a.people, a.imports, a.groups, a.invitations, a.credentials, a.sessions,
		a.apps, a.grants, a.tokens, a.devices, a.surroundings, a.audit, a.settings, a.outbox, a.keys, a.policy, a.decisions, a.providers, a.metadata, a.tasks, a.exposure} {
		part()
	}
	a.serveDocument()
	a.mux.HandleFunc(Prefix+"/", route.Anyone, func(w http.ResponseWriter, r *http.Request) {
		a.Visits.JSONError(w, r, errNoOperation)
	})
	return a, nil
}

var errNoOperation = holdfast.Errorf(holdfast.NotFound, "no_such_operation",
	"There is no such call. Compare method and path with /api/v1/openapi.yaml.")

// Routes adds the API to the map of the server.
func (a *API) Routes(mux *route.Mux) { mux.Mount(Prefix+"/", a.mux, a.mux) }

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// An operation is what the document and the route table say of a call.
type operation struct {
	id      string // unique, "list-people"
	method  string
	path    string // below Prefix
	access  route.Access
	tag     string
	summary string
	more    string // beyond the summary
	status  int    // of success; 0: 200, or 204 without a body
	body    int64  // its limit in bytes; 0: maxBody
	raw     *huma.RequestBody
	nobodys bool // it shows nobody's data: that the host's administrator calls it is not recorded
}

// by is an operation for those who hold a scope.
func by(s authority.Scope) route.Access { return route.Token(s) }

// register has huma read all operations.
func (a *API) register() huma.API {
	h := huma.NewAPI(a.document(), adapter{a})
	refusal := refusal(h)
	for _, o := range a.operations {
		o(h, refusal)
	}
	// huma describes its own refusals, which nobody is answered.
	schemas := h.OpenAPI().Components.Schemas.Map()
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
	return h
}

// handler is where huma puts what answers an operation.
const handler = "handler"

// add adds an operation. One without a scope panics, in the mux.
func add[I, O any](a *API, o operation, do func(call, *I) (*O, error)) {
	scopes, said := []string{}, ""
	if o.access.Scope != "" {
		scopes, said = append(scopes, string(o.access.Scope)), fmt.Sprintf("Takes the scope `%s`.", o.access.Scope)
	}
	if o.more != "" && said != "" {
		said = o.more + "\n\n" + said
	} else {
		said = o.more + said
	}
	op := huma.Operation{OperationID: o.id, Method: o.method, Path: o.path, Tags: []string{o.tag}, Summary: o.summary,
		Description: said, DefaultStatus: o.status, MaxBodyBytes: -1, BodyReadTimeout: -1, RequestBody: o.raw,
		Security: []map[string][]string{{"token": scopes}}}
	if o.method != http.MethodGet {
		op.Parameters = append(op.Parameters, idempotencyParameter())
	}
	var answers answering
	op.Metadata = map[string]any{handler: &answers}
	a.operations = append(a.operations, func(h huma.API, refusal *huma.Response) {
		op.Responses = map[string]*huma.Response{"default": refusal}
		huma.Register(h, op, func(ctx ctx, in *I) (*O, error) {
			c := callOf(ctx)
			out, err := do(c, in)
			if err != nil {
				return nil, a.problem(c.request, err)
			}
			return out, nil
		})
	})
	// The route table is complete before anything is called.
	a.mux.Handle(o.method+" "+Prefix+o.path, o.access, a.before(o, func(w http.ResponseWriter, r *http.Request) {
		a.huma()
		answers.with(exactly{humago.NewContext(answers.op, r, w)})
	}))
}

// answering is an operation as huma answers it.
type answering struct {
	op   *huma.Operation
	with func(huma.Context)
}

// adapter takes operations from huma.
type adapter struct{ *API }

func (adapter) Handle(op *huma.Operation, h func(huma.Context)) {
	*op.Metadata[handler].(*answering) = answering{op, h}
}

// exactly answers 400 to everything that must be mended before it is sent
// again, as all of Holdfast does.
type exactly struct{ inner }

// inner has a name of its own: the interface has a method Context.
type inner = huma.Context

// Unwrap lets humago find its own.
func (e exactly) Unwrap() huma.Context { return e.inner }

func (e exactly) SetStatus(code int) {
	switch code {
	case http.StatusUnprocessableEntity, http.StatusUnsupportedMediaType:
		code = http.StatusBadRequest
	}
	e.inner.SetStatus(code)
}
