package webauthn

import (
	"encoding/base64"

	"holdfast/spec/cose"
)

// Bytes is written to JSON as base64url without padding.
type Bytes []byte

// MarshalText writes base64url without padding.
func (b Bytes) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText reads base64url without padding.
func (b *Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = DecodeBase64URL(string(text))
	return err
}

// CreationOptions is PublicKeyCredentialCreationOptionsJSON (L3 §5.1.9), for
// PublicKeyCredential.parseCreationOptionsFromJSON.
type CreationOptions struct {
	RP                     RPEntity                `json:"rp"`
	User                   UserEntity              `json:"user"`
	Challenge              Bytes                   `json:"challenge"`
	PubKeyCredParams       []Parameter             `json:"pubKeyCredParams"`
	Timeout                int                     `json:"timeout,omitempty"` // milliseconds
	ExcludeCredentials     []Descriptor            `json:"excludeCredentials,omitempty"`
	AuthenticatorSelection *AuthenticatorSelection `json:"authenticatorSelection,omitempty"`
	Hints                  []string                `json:"hints,omitempty"`              // security-key, client-device, hybrid
	Attestation            string                  `json:"attestation,omitempty"`        // none, indirect, direct, enterprise
	AttestationFormats     []string                `json:"attestationFormats,omitempty"` // most wanted first
	Extensions             *Extensions             `json:"extensions,omitempty"`
}

// RequestOptions is PublicKeyCredentialRequestOptionsJSON (L3 §5.1.10), for
// PublicKeyCredential.parseRequestOptionsFromJSON.
type RequestOptions struct {
	Challenge        Bytes        `json:"challenge"`
	Timeout          int          `json:"timeout,omitempty"` // milliseconds
	RPID             string       `json:"rpId,omitempty"`
	AllowCredentials []Descriptor `json:"allowCredentials,omitempty"`
	UserVerification string       `json:"userVerification,omitempty"` // required, preferred, discouraged
	Hints            []string     `json:"hints,omitempty"`
	Extensions       *Extensions  `json:"extensions,omitempty"`
}

// RPEntity is PublicKeyCredentialRpEntity (L3 §5.4.2).
type RPEntity struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

// UserEntity is PublicKeyCredentialUserEntityJSON. ID is the user handle: 1 to
// 64 bytes that say nothing about the person (L3 §14.6.1).
type UserEntity struct {
	ID          Bytes  `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

// Parameter is PublicKeyCredentialParameters (L3 §5.3).
type Parameter struct {
	Type string         `json:"type"`
	Alg  cose.Algorithm `json:"alg"`
}

// Descriptor is PublicKeyCredentialDescriptorJSON (L3 §5.8.3).
type Descriptor struct {
	Type       string   `json:"type"`
	ID         Bytes    `json:"id"`
	Transports []string `json:"transports,omitempty"`
}

// AuthenticatorSelection is AuthenticatorSelectionCriteria (L3 §5.4.4).
type AuthenticatorSelection struct {
	AuthenticatorAttachment string `json:"authenticatorAttachment,omitempty"` // platform, cross-platform
	ResidentKey             string `json:"residentKey,omitempty"`             // required, preferred, discouraged
	RequireResidentKey      bool   `json:"requireResidentKey,omitempty"`      // true exactly if ResidentKey is required
	UserVerification        string `json:"userVerification,omitempty"`        // required, preferred, discouraged
}

// Extensions is AuthenticationExtensionsClientInputsJSON, as far as used.
type Extensions struct {
	CredProps bool `json:"credProps,omitempty"` // L3 §10.1.3, registration only
	PRF       *PRF `json:"prf,omitempty"`       // L3 §10.1.4
}

// PRF is AuthenticationExtensionsPRFInputsJSON. The zero PRF asks only whether
// the authenticator can.
type PRF struct {
	Eval             *PRFValues           `json:"eval,omitempty"`
	EvalByCredential map[string]PRFValues `json:"evalByCredential,omitempty"` // by credential id, base64url
}

// PRFValues are the inputs of one evaluation.
type PRFValues struct {
	First  Bytes `json:"first"`
	Second Bytes `json:"second,omitempty"`
}

// DefaultAlgorithms is what is offered at registration, best first: the three
// that L3 §5.4 names as the widest, and the two longer curves.
func DefaultAlgorithms() []cose.Algorithm {
	return []cose.Algorithm{cose.ES256, cose.EdDSA, cose.ES384, cose.ES512, cose.RS256}
}

// Parameters is pubKeyCredParams for algorithms.
func Parameters(algorithms []cose.Algorithm) []Parameter {
	parameters := make([]Parameter, len(algorithms))
	for i, alg := range algorithms {
		parameters[i] = Parameter{"public-key", alg}
	}
	return parameters
}
