package webauthn

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"holdfast/spec/cose"
	"holdfast/spec/ijson"
)

// What a stranger may send at most, in bytes. A door bounds the body before.
const (
	// MaxResponse holds the largest answer with all its copies in base64url.
	MaxResponse = 256 << 10
	// maxAttestationObject: TPM and SafetyNet statements have 5 to 9 KiB,
	// post-quantum chains about 20.
	maxAttestationObject = 64 << 10
	// maxAuthData of an assertion: 37 bytes and some extension outputs.
	maxAuthData = 8 << 10
	// maxSignature is that of an RSA key of 8192 bits.
	maxSignature = 1024
	// maxCredentialID: L3 §6.5.1, §7.1 step 25.
	maxCredentialID = 1023
	// maxUserHandle: L3 §5.4.3.
	maxUserHandle = 64
	// maxPublicKey is the SPKI form of an RSA key of 8192 bits, or of another
	// that is then refused by name.
	maxPublicKey = 4 << 10
	// maxTransports and maxTransport: L3 knows seven, the longest has 10 letters.
	maxTransports = 16
	maxTransport  = 32
	// maxResponseDepth: extension outputs are the deepest part.
	maxResponseDepth = 16
)

// RegistrationResponse is a RegistrationResponseJSON (L3 §5.1.8), decoded from
// base64url and not judged. Nil where a member is absent.
type RegistrationResponse struct {
	ID                      []byte // id and rawId, which agree
	ClientDataJSON          []byte
	AttestationObject       []byte
	AuthenticatorData       []byte          // a copy, to be compared
	PublicKey               []byte          // a copy, SubjectPublicKeyInfo in DER
	PublicKeyAlgorithm      *cose.Algorithm // a copy
	Transports              []string        // unknown ones are kept, L3 §5.8.4
	AuthenticatorAttachment string
	Results                 ClientExtensionResults
}

// AuthenticationResponse is an AuthenticationResponseJSON (L3 §5.1.8).
type AuthenticationResponse struct {
	ID                      []byte
	ClientDataJSON          []byte
	AuthenticatorData       []byte
	Signature               []byte
	UserHandle              []byte // nil if absent or empty
	AuthenticatorAttachment string
	Results                 ClientExtensionResults
}

// ClientExtensionResults holds the outputs that somebody here uses. All others
// are ignored, also unsolicited ones: Safari always sends appid: false.
type ClientExtensionResults struct {
	CredPropsRK *bool // credProps.rk: the credential is discoverable
	PRFEnabled  *bool // prf.enabled
}

// ParseRegistrationResponse reads what toJSON() of a browser made of a new
// credential. Only response.clientDataJSON and response.attestationObject are
// required. Every error is a *StepError with the step "input".
func ParseRegistrationResponse(json []byte) (*RegistrationResponse, error) {
	r, inner, err := parseResponse(json)
	if err != nil {
		return nil, err
	}
	got := &RegistrationResponse{
		ID:                      r.id(),
		ClientDataJSON:          r.required(inner, "clientDataJSON", maxClientData),
		AttestationObject:       r.required(inner, "attestationObject", maxAttestationObject),
		AuthenticatorData:       r.bytes(inner, "authenticatorData", maxAttestationObject),
		PublicKey:               r.bytes(inner, "publicKey", maxPublicKey),
		PublicKeyAlgorithm:      r.algorithm(inner),
		Transports:              r.transports(inner),
		AuthenticatorAttachment: r.text(r.json, "authenticatorAttachment"),
		Results:                 r.results(),
	}
	if r.err != nil {
		return nil, r.err
	}
	return got, nil
}

// ParseAuthenticationResponse reads what toJSON() of a browser made of an
// assertion. Only response.clientDataJSON, response.authenticatorData and
// response.signature are required. Every error is a *StepError with the step
// "input".
func ParseAuthenticationResponse(json []byte) (*AuthenticationResponse, error) {
	r, inner, err := parseResponse(json)
	if err != nil {
		return nil, err
	}
	got := &AuthenticationResponse{
		ID:                      r.id(),
		ClientDataJSON:          r.required(inner, "clientDataJSON", maxClientData),
		AuthenticatorData:       r.required(inner, "authenticatorData", maxAuthData),
		Signature:               r.required(inner, "signature", maxSignature),
		UserHandle:              r.bytes(inner, "userHandle", maxUserHandle),
		AuthenticatorAttachment: r.text(r.json, "authenticatorAttachment"),
		Results:                 r.results(),
	}
	if r.err != nil {
		return nil, r.err
	}
	if len(got.UserHandle) == 0 { // older browsers write "" for none
		got.UserHandle = nil
	}
	return got, nil
}

// response reads members and keeps the first error.
type response struct {
	json ijson.Value
	err  error
}

func parseResponse(json []byte) (*response, ijson.Value, error) {
	v, err := ijson.Parse(json, ijson.Limits{Bytes: MaxResponse, Depth: maxResponseDepth})
	if err != nil {
		return nil, v, refuse(input, "the response: %v", err)
	}
	r := &response{json: v}
	if typ := r.text(v, "type"); typ != "public-key" && v.Get("type").Kind() == ijson.String {
		r.fail("type is %q, not \"public-key\"", typ)
	}
	inner := v.Get("response")
	if inner.Kind() != ijson.Object {
		r.fail("the member response is %s, not an object", inner.Kind())
	}
	return r, inner, r.err
}

func (r *response) fail(format string, args ...any) {
	if r.err == nil {
		r.err = refuse(input, format, args...)
	}
}

// present is false for an absent member; toJSON writes null for some of them.
func (r *response) present(in ijson.Value, name string, want ijson.Kind) bool {
	switch kind := in.Get(name).Kind(); kind {
	case want:
		return true
	case ijson.Missing, ijson.Null:
	default:
		r.fail("%s is %s, not %s", name, kind, want)
	}
	return false
}

func (r *response) text(in ijson.Value, name string) string {
	if !r.present(in, name, ijson.String) {
		return ""
	}
	return in.Get(name).Text()
}

func (r *response) bytes(in ijson.Value, name string, limit int) []byte {
	if !r.present(in, name, ijson.String) {
		return nil
	}
	b, err := DecodeBase64URL(in.Get(name).Text())
	if err != nil {
		r.fail("%s: %v", name, err)
	}
	if len(b) > limit {
		r.fail("%s has %d bytes: at most %d are allowed", name, len(b), limit)
	}
	return b
}

func (r *response) required(in ijson.Value, name string, limit int) []byte {
	b := r.bytes(in, name, limit)
	if len(b) == 0 {
		r.fail("%s is missing or empty", name)
	}
	return b
}

// id reads id and rawId: the same bytes (L3 §5.1).
func (r *response) id() []byte {
	id := r.bytes(r.json, "id", 1<<16)
	raw := r.bytes(r.json, "rawId", 1<<16)
	if id != nil && raw != nil && !bytes.Equal(id, raw) {
		r.fail("id and rawId do not agree")
	}
	if id == nil {
		return raw
	}
	return id
}

func (r *response) algorithm(in ijson.Value) *cose.Algorithm {
	if !r.present(in, "publicKeyAlgorithm", ijson.Number) {
		return nil
	}
	n, ok := in.Get("publicKeyAlgorithm").Int()
	if !ok {
		r.fail("publicKeyAlgorithm is no integer")
	}
	alg := cose.Algorithm(n)
	return &alg
}

func (r *response) transports(in ijson.Value) []string {
	if !r.present(in, "transports", ijson.Array) {
		return nil
	}
	list := in.Get("transports").List()
	if len(list) > maxTransports {
		r.fail("transports has %d elements: at most %d are allowed", len(list), maxTransports)
		return nil
	}
	var transports []string
	for _, v := range list {
		if v.Kind() != ijson.String || len(v.Text()) > maxTransport {
			r.fail("transports: %s, or one longer than %d characters", v.Kind(), maxTransport)
		}
		transports = append(transports, v.Text())
	}
	return transports
}

// results reads what is known and lets all else pass: a client extension
// output is never a reason to refuse.
func (r *response) results() ClientExtensionResults {
	if !r.present(r.json, "clientExtensionResults", ijson.Object) {
		return ClientExtensionResults{}
	}
	results := r.json.Get("clientExtensionResults")
	return ClientExtensionResults{
		CredPropsRK: optionalBool(results.Get("credProps").Get("rk")),
		PRFEnabled:  optionalBool(results.Get("prf").Get("enabled")),
	}
}

func optionalBool(v ijson.Value) *bool {
	if v.Kind() != ijson.True && v.Kind() != ijson.False {
		return nil
	}
	b := v.Kind() == ijson.True
	return &b
}

// DecodeBase64URL reads base64url without padding (RFC 4648 §5) in its one
// canonical form. encoding/base64 by itself skips line breaks and, unless told,
// ignores stray bits at the end: two spellings of one id.
func DecodeBase64URL(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, fmt.Errorf("not base64url: a line break")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("not base64url without padding: %w", err)
	}
	return b, nil
}
