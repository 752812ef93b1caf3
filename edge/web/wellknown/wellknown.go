// Package wellknown answers what browsers and password managers ask of a site
// about its passkeys: at which other addresses they may be used, and where a
// person makes and manages them. It refuses to say anything that is not public.
package wellknown

import (
	"context"
	"encoding/json"
	"net/http"

	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
)

const (
	// PathRelated is where a client looks for related origins: WebAuthn L3 §5.11.
	PathRelated = "/.well-known/webauthn"
	// PathEndpoints is where a password manager looks for the pages of passkeys:
	// W3C Passkey Endpoints §3.
	PathEndpoints = "/.well-known/passkey-endpoints"
)

// Config is what the answers are made of.
type Config struct {
	Origin  string // the server's own
	Related func(context.Context) ([]string, error)
	Visits  *visit.Visits
}

// Pages serves both documents.
type Pages struct{ Config }

// New makes Pages.
func New(c Config) *Pages { return &Pages{c} }

// Routes adds the documents to mux. They are for the host of the RP ID too,
// where that is a parent domain of the server's own.
func (p *Pages) Routes(mux *route.Mux) {
	mux.HandleFunc("GET "+PathRelated, route.Anyone, p.related)
	mux.HandleFunc("GET "+PathEndpoints, route.Anyone, p.endpoints)
}

// related lists every origin. The server's own is in front, so that the list
// is never empty, and counts among the labels: org.SetRelatedOrigins knows.
func (p *Pages) related(w http.ResponseWriter, r *http.Request) {
	others, err := p.Related(r.Context())
	if err != nil {
		p.Visits.JSONError(w, r, err)
		return
	}
	answer(w, struct {
		Origins []string `json:"origins"`
	}{append([]string{p.Origin}, others...)})
}

// endpoints has no prfUsageDetails: nothing here uses the PRF extension.
func (p *Pages) endpoints(w http.ResponseWriter, _ *http.Request) {
	answer(w, struct {
		Enroll string `json:"enroll"`
		Manage string `json:"manage"`
	}{p.Origin + page.PathPasskeys, p.Origin + page.PathPasskeys})
}

// answer is public and the same for everybody. It may be kept for a minute:
// long enough for a rush, too short to outlive a change that anybody waits for.
func answer(w http.ResponseWriter, v any) {
	page.Headers(w.Header())
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "public, max-age=60")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	json.NewEncoder(w).Encode(v)
}
