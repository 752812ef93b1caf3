// Package scim is a SCIM 2.0 service (RFC 7643, RFC 7644) for users and
// groups: a directory adds people, describes them, ends their access and keeps
// their groups. It turns resources into the story of govern and back. It
// refuses what a directory has no business with: passwords, passkeys, roles in
// Holdfast; and it keeps nothing that govern does not keep.
//
// A user's userName is the e-mail address; active:false suspends the person,
// which ends sessions, tokens and invitations in the same transaction. What a
// directory says beyond the attributes that user.go lists is accepted and
// dropped (RFC 7644 §3.3 lets a service ignore what it does not support).
package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"

	lib "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/edge/store"
	"holdfast/edge/web/route"
	"holdfast/flow/govern"
	"holdfast/spec/ijson"
)

// Path is where the service is; clients add /Users and so on.
const Path = "/scim/v2"

// Store is what the service reads.
type Store interface {
	Person(ctx context.Context, id holdfast.PersonID) (person.Record, error)
	PersonByEmail(ctx context.Context, email string) (person.Record, error)
	PersonByExternalID(ctx context.Context, id string) (person.Record, error)
	PeopleWhere(ctx context.Context, f store.PeopleFilter, p store.Page) ([]person.Record, int64, error)
	PeoplePart(ctx context.Context, f store.PeopleFilter, k store.Span) ([]person.Record, bool, error)
	CountPeopleWhere(ctx context.Context, f store.PeopleFilter, most int64) (int64, error)
	PeopleByID(ctx context.Context, ids []holdfast.PersonID) (map[holdfast.PersonID]person.Record, error)
	GroupsOf(ctx context.Context, id holdfast.PersonID) ([]person.Group, error)
	Group(ctx context.Context, id holdfast.GroupID) (person.Group, error)
	GroupByName(ctx context.Context, name string) (person.Group, error)
	Groups(ctx context.Context) ([]person.Group, error)
	MembershipsOfGroup(ctx context.Context, id holdfast.GroupID) ([]person.Membership, error)
}

// Govern is the story that changes things; see govern.Flow.
type Govern interface {
	Provision(ctx context.Context, by holdfast.Actor, said govern.Provisioned) (person.Record, error)
	Reprovision(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, change func(*govern.Provisioned) error) (person.Record, error)
	Erase(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error
	ProvisionGroup(ctx context.Context, by holdfast.Actor, said govern.ProvisionedGroup) (person.Group, error)
	ReprovisionGroup(ctx context.Context, by holdfast.Actor, id holdfast.GroupID, change func(*govern.ProvisionedGroup) error) (person.Group, error)
	RemoveGroup(ctx context.Context, by holdfast.Actor, id holdfast.GroupID) error
}

// Config is what the service needs.
type Config struct {
	Origin string // of this deployment: resources are named with it
	Store  Store
	Govern Govern
	Clock  holdfast.Clock
	Log    *slog.Logger
	// Caller authenticates a call: who it is, and what they hold. Its error is a
	// holdfast.Error.
	Caller func(r *http.Request) (holdfast.Actor, authority.Set, error)
}

// Service serves SCIM.
type Service struct {
	Config
	library lib.Server
}

// New makes the service.
func New(c Config) (*Service, error) {
	s := &Service{Config: c}
	var err error
	s.library, err = lib.NewServer(&lib.ServerArgs{
		ServiceProviderConfig: &lib.ServiceProviderConfig{
			SupportFiltering: true, SupportPatch: true, MaxResults: maxResults,
			AuthenticationSchemes: []lib.AuthenticationScheme{{
				Type: lib.AuthenticationTypeOauthBearerToken, Name: "API token", Primary: true,
				Description: "An API token of Holdfast with people:read, people:write, groups:read and groups:write; with invitations:write, whom it adds is sent an invitation.",
				SpecURI:     optional.NewString("https://www.rfc-editor.org/info/rfc6750"),
			}},
		},
		ResourceTypes: []lib.ResourceType{
			{ID: optional.NewString("User"), Name: "User", Endpoint: "/Users", Description: optional.NewString("A person"),
				Schema: userSchema(), SchemaExtensions: []lib.SchemaExtension{{Schema: schema.ExtensionEnterpriseUser()}}, Handler: users{s}},
			{ID: optional.NewString("Group"), Name: "Group", Endpoint: "/Groups", Description: optional.NewString("A group of people"),
				Schema: groupSchema(), Handler: groups{s}},
		},
	})
	return s, err
}

// Routes adds the service to mux, which need not guard: each call
// authenticates itself.
func (s *Service) Routes(mux *route.Mux) {
	for _, about := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/{name}", "/Schemas", "/Schemas/{id}"} {
		s.handle(mux, "GET "+Path+about, route.Token(authority.PeopleRead))
	}
	for _, r := range []struct {
		path        string
		read, write authority.Scope
		remove      authority.Scope
	}{
		{"/Users", authority.PeopleRead, authority.PeopleWrite, authority.PeopleErase},
		{"/Groups", authority.GroupsRead, authority.GroupsWrite, authority.GroupsWrite},
	} {
		s.handle(mux, "GET "+Path+r.path, route.Token(r.read))
		s.handle(mux, "POST "+Path+r.path, route.Token(r.write))
		s.handle(mux, "GET "+Path+r.path+"/{id}", route.Token(r.read))
		s.handle(mux, "PUT "+Path+r.path+"/{id}", route.Token(r.write))
		s.handle(mux, "PATCH "+Path+r.path+"/{id}", route.Token(r.write))
		s.handle(mux, "DELETE "+Path+r.path+"/{id}", route.Token(r.remove))
	}
	mux.HandleFunc(Path+"/", route.Anyone, func(w http.ResponseWriter, r *http.Request) { s.refuse(w, r, errNoOperation) })
}

// errNoOperation is also of /Bulk, /Me, and /.search, which RFC 7644 leaves open.
var errNoOperation = holdfast.Errorf(holdfast.NotFound, "no_such_operation",
	"There is no such operation here. /scim/v2/ServiceProviderConfig and /ResourceTypes say what there is.")

const (
	maxResults = 200     // resources in one answer
	maxBody    = 2 << 20 // bytes: a group of ten thousand, with $ref and display of each
	maxScanned = 100_000 // people looked through for a filter that no index answers
)

// bodyLimits bound how a body may be nested.
var bodyLimits = ijson.Limits{Bytes: maxBody, Depth: 16}

type callerKey struct{}

// caller is who calls, and what they hold.
type caller struct {
	actor holdfast.Actor
	holds authority.Set
}

// by is who calls.
func by(r *http.Request) holdfast.Actor { return r.Context().Value(callerKey{}).(caller).actor }

// may says whether who calls holds a scope beside that of the route.
func may(r *http.Request, s authority.Scope) bool {
	c, _ := r.Context().Value(callerKey{}).(caller)
	return c.holds.Has(s)
}

func (s *Service) handle(mux *route.Mux, pattern string, a route.Access) {
	mux.HandleFunc(pattern, a, func(w http.ResponseWriter, r *http.Request) {
		actor, holds, err := s.Caller(r)
		if err == nil && !holds.Has(a.Scope) {
			err = authority.Need(a.Scope)
		}
		if err == nil {
			err = short(r.URL.Query())
		}
		if err == nil {
			err = readable(w, r)
		}
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		s.answer(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, caller{actor, holds})))
	})
}

// readable reads a body that is bounded and says each thing once, and gives it
// back to be read again.
func readable(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodDelete {
		return nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return holdfast.Errorf(holdfast.Invalid, "body_too_large", "The body is larger than %d bytes, or broke off.", maxBody)
	}
	if _, err := ijson.Parse(body, bodyLimits); err != nil {
		return holdfast.Errorf(holdfast.Invalid, "json", "The body is no JSON that can be read in one way only.").Because(err)
	}
	if r.Method == http.MethodPatch {
		if body, err = plain(body); err != nil {
			return err
		}
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return nil
}

// answer has the library answer into a buffer, so that resources can be named
// in full (RFC 7643 §3.1: meta.location is a URI; the library gives a path).
func (s *Service) answer(w http.ResponseWriter, r *http.Request) {
	out := &buffer{header: http.Header{}, status: http.StatusOK}
	inner := r.Clone(r.Context())
	inner.URL.Path = strings.TrimPrefix(r.URL.Path, strings.TrimSuffix(Path, "/v2"))
	if q := r.URL.Query(); q.Has("filter") {
		q.Set("filter", spelt(q.Get("filter")))
		inner.URL.RawQuery = q.Encode()
	}
	s.library.ServeHTTP(out, inner)
	body := out.body.Bytes()
	var location string
	if len(body) > 0 && out.status < 300 {
		body, location = s.located(body)
	}
	h := w.Header()
	h.Set("Content-Type", "application/scim+json")
	h.Set("Cache-Control", "no-store")
	if out.status == http.StatusCreated && location != "" {
		h.Set("Location", location)
	}
	if out.status >= 500 {
		s.Log.ErrorContext(r.Context(), "scim failed", "method", r.Method, "path", r.URL.Path, "answer", string(body))
	}
	w.WriteHeader(out.status)
	w.Write(body)
}

// located completes meta.location everywhere in an answer, and gives that of
// the resource itself. It also mends what the library says of a list and of
// itself.
func (s *Service) located(body []byte) ([]byte, string) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var doc map[string]any
	if d.Decode(&doc) != nil {
		return body, ""
	}
	complete := func(resource map[string]any) string {
		meta, _ := resource["meta"].(map[string]any)
		at, _ := meta["location"].(string)
		if at == "" {
			return ""
		}
		meta["location"] = s.Origin + Path + "/" + at
		return s.Origin + Path + "/" + at
	}
	own := complete(doc)
	if doc["documentationUri"] == "" { // RFC 7643 §5: an address, or not there
		delete(doc, "documentationUri")
	}
	schemes, _ := doc["authenticationSchemes"].([]any)
	for _, each := range schemes {
		if scheme, ok := each.(map[string]any); ok && scheme["documentationUri"] == "" {
			delete(scheme, "documentationUri")
		}
	}
	if list, ok := doc["Resources"].([]any); ok {
		doc["itemsPerPage"] = len(list) // RFC 7644 §3.4.2: how many there are, not how many there might be
		for _, each := range list {
			if resource, ok := each.(map[string]any); ok {
				complete(resource)
			}
		}
	}
	whole, err := json.Marshal(doc)
	if err != nil {
		return body, own
	}
	return whole, own
}

type buffer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (b *buffer) Header() http.Header         { return b.header }
func (b *buffer) WriteHeader(status int)      { b.status = status }
func (b *buffer) Write(p []byte) (int, error) { return b.body.Write(p) }
