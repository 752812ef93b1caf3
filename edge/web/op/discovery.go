package op

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// describe is the discovery document: the library's, without what this provider
// does not do, and with what the library leaves to a default that is not true
// of it (OpenID Connect Discovery 1.0 §3: request_uri_parameter_supported is
// true when absent).
func (p *Provider) describe() ([]byte, error) {
	r, err := http.NewRequest(http.MethodGet, PathDiscovery, nil)
	if err != nil {
		return nil, err
	}
	out := &buffer{header: http.Header{}}
	p.library.ServeHTTP(out, r)
	var d map[string]any
	if err := json.Unmarshal(out.body.Bytes(), &d); err != nil {
		return nil, fmt.Errorf("discovery document: %w", err)
	}
	delete(d, "registration_endpoint")
	d["response_modes_supported"] = []string{"query"}
	d["request_parameter_supported"] = false
	d["request_uri_parameter_supported"] = false
	d["claims_parameter_supported"] = true
	d["claims_supported"] = claims
	d["acr_values_supported"] = p.Flow.ACRs
	d["prompt_values_supported"] = []string{"none", "login", "consent", "select_account"}
	d["end_session_endpoint"] = p.Issuer + PathLogout
	d["subject_types_supported"] = []string{"public"}
	d["introspection_endpoint_auth_methods_supported"] = []string{"client_secret_basic", "client_secret_post"}
	return json.Marshal(d)
}

func (p *Provider) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	public(w.Header())
	w.Write(p.discovery)
}
