package softkey

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// Bytes is a byte string that JSON carries as base64url without padding.
type Bytes []byte

func (b Bytes) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, b), nil
}

func (b *Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = base64.RawURLEncoding.AppendDecode(nil, text)
	return err
}

// creation is PublicKeyCredentialCreationOptionsJSON (WebAuthn L3 §5.1.9), as
// far as it matters to an authenticator.
type creation struct {
	RP struct {
		ID, Name string
	}
	User struct {
		ID          Bytes
		Name        string
		DisplayName string
	}
	Challenge        Bytes
	PubKeyCredParams []struct {
		Type string
		Alg  Alg
	}
	ExcludeCredentials     []descriptor
	AuthenticatorSelection struct {
		ResidentKey      string
		UserVerification string
	}
	Attestation string
	Extensions  extensions
}

// request is PublicKeyCredentialRequestOptionsJSON (§5.1.10).
type request struct {
	Challenge        Bytes
	RPID             string
	AllowCredentials []descriptor
	UserVerification string
	Extensions       extensions
}

type descriptor struct {
	Type string
	ID   Bytes
}

type extensions struct {
	CredProps bool
	PRF       *struct {
		Eval             *salts
		EvalByCredential map[string]salts
	}
}

type salts struct{ First, Second Bytes }

// parse reads options as begin answers them, or wrapped as {"publicKey": …}.
func parse[T any](options []byte) (*T, error) {
	var outer struct{ PublicKey json.RawMessage }
	if err := json.Unmarshal(options, &outer); err != nil {
		return nil, fmt.Errorf("softkey: options: %w", err)
	}
	if outer.PublicKey != nil {
		options = outer.PublicKey
	}
	o := new(T)
	if err := json.Unmarshal(options, o); err != nil {
		return nil, fmt.Errorf("softkey: options: %w", err)
	}
	return o, nil
}

func ids(list []descriptor) [][]byte {
	var out [][]byte
	for _, d := range list {
		out = append(out, d.ID)
	}
	return out
}

// clientData is CollectedClientData in the exact serialization of §5.8.1.1.
func (a *Authenticator) clientData(kind string, challenge Bytes) []byte {
	c := a.Config
	s := fmt.Sprintf(`{"type":%s,"challenge":%s,"origin":%s,"crossOrigin":%t`,
		quoted(kind), quoted(base64.RawURLEncoding.EncodeToString(challenge)), quoted(c.Origin), c.CrossOrigin)
	if c.TopOrigin != "" {
		s += `,"topOrigin":` + quoted(c.TopOrigin)
	}
	return change(c.Tamper.ClientData, []byte(s+"}"))
}

// quoted is CCDToString (§5.8.1.2) for the strings that occur here.
func quoted(s string) string {
	b, _ := json.Marshal(s) // a string always encodes
	return string(b)
}
