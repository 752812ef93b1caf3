package api

import (
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/policy"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
)

// version of the API, not of the program: it changes when the document does in
// a way that clients can see.
const version = "1.0.0"

// document is the frame of the OpenAPI 3.1 document.
func (a *API) document() huma.Config {
	c := huma.Config{OpenAPI: &huma.OpenAPI{OpenAPI: "3.1.0",
		Info: &huma.Info{Title: "Holdfast administration", Version: version, Description: description},
		// Relative, so that the document is the same everywhere.
		Servers: []*huma.Server{{URL: Prefix}},
		Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
			SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer",
				Description: "An API token, hft_…, in the Authorization header. It is worth what its owner holds at the moment of the call."}}},
	}}
	c.Formats = map[string]huma.Format{"application/json": format(), "json": format()} // json: of application/problem+json
	c.DefaultFormat = "application/json"
	c.RejectUnknownQueryParameters = true
	c.Transformers = []huma.Transformer{a.ours}
	return c
}

// schemaName names a type. Those of the policy and of exposure have names that
// others have too: a decision, a problem, a device, a finding.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.PkgPath() {
	case reflect.TypeFor[policy.Input]().PkgPath():
		return "Policy" + name
	case reflect.TypeFor[answer.WhoCan]().PkgPath(), reflect.TypeFor[exposure.Required]().PkgPath():
		return "Exposure" + name
	}
	return name
}

const description = `What the console does, for programs. docs/api.md tells the story around it.

Every refusal is a problem (RFC 9457) with a stable ` + "`code`" + ` and a sentence that says what to do. Members and parameters that an operation does not name are refused. Instants are RFC 3339, UTC.`

// refusal is what every operation may answer.
func refusal(h huma.API) *huma.Response {
	schema := h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[visit.Problem](), true, "Problem")
	return &huma.Response{Description: "Refused, or failed: nothing was changed.",
		Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema}}}
}

// documents are the document in both forms, by what their names end with.
type documents map[string][]byte

// write writes what the operations say.
func (a *API) write() (documents, error) {
	described := a.huma().OpenAPI()
	text, err := json.Marshal(described)
	if err != nil {
		return nil, err
	}
	yaml, err := described.YAML()
	return documents{"json": text, "yaml": yaml}, err
}

// serveDocument serves it. There is no page that draws it: those that are to be
// had come from elsewhere.
func (a *API) serveDocument() {
	for _, form := range []string{"json", "yaml"} {
		a.mux.HandleFunc("GET "+Prefix+"/openapi."+form, route.Anyone, func(w http.ResponseWriter, r *http.Request) {
			all, err := a.text()
			if err != nil {
				a.Visits.JSONError(w, r, err)
				return
			}
			page.Headers(w.Header())
			w.Header().Set("Content-Type", "application/openapi+"+form)
			w.Write(all[form])
		})
	}
}

// Document is the OpenAPI document, as YAML.
func (a *API) Document() ([]byte, error) {
	all, err := a.text()
	return all["yaml"], err
}
