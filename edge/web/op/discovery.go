package op

import (
	"encoding/json"
	"fmt"
	"net/http"

	"holdfast/spec/jwk"
)

// methods are how an application proves itself.
var methods = []string{"client_secret_basic", "client_secret_post", "private_key_jwt", "none"}

// describe is the discovery document: the library's, without what this provider
// does not do, and with what stands around the library, or what it leaves to a
// default that is not true (OpenID Connect Discovery 1.0 §3:
// request_uri_parameter_supported is true when absent).
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
	algs := jwk.Algorithms
	confidential := methods[:3]
	for name, value := range map[string]any{
		"response_modes_supported":        []string{"query"},
		"request_parameter_supported":     false,
		"request_uri_parameter_supported": false,
		"claims_parameter_supported":      true,
		"claims_supported":                claims,
		"acr_values_supported":            p.Flow.ACRs,
		"prompt_values_supported":         []string{"none", "login", "consent", "select_account"},
		"end_session_endpoint":            p.Issuer + PathLogout,
		"subject_types_supported":         []string{"public"},

		"backchannel_logout_supported":         true,
		"backchannel_logout_session_supported": true,

		"pushed_authorization_request_endpoint": p.Issuer + PathPushed,
		"require_pushed_authorization_requests": false, // by application
		"dpop_signing_alg_values_supported":     proofAlgs,

		"token_endpoint_auth_methods_supported":                    methods,
		"token_endpoint_auth_signing_alg_values_supported":         algs,
		"revocation_endpoint_auth_methods_supported":               methods,
		"revocation_endpoint_auth_signing_alg_values_supported":    algs,
		"introspection_endpoint_auth_methods_supported":            confidential,
		"introspection_endpoint_auth_signing_alg_values_supported": algs,
	} {
		d[name] = value
	}
	grants, _ := d["grant_types_supported"].([]any)
	d["grant_types_supported"] = append(grants, grantExchange)
	if p.Devices != nil {
		d["grant_types_supported"] = append(grants, grantExchange, grantDevice)
		d["device_authorization_endpoint"] = p.Issuer + PathDeviceAuthorization
	}
	return json.Marshal(d)
}

func (p *Provider) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	public(w.Header())
	w.Write(p.discovery)
}
