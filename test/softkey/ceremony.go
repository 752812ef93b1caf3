package softkey

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

// Bits of the flags byte (WebAuthn L3 §6.1).
const (
	FlagUP = 1 << 0
	FlagUV = 1 << 2
	FlagBE = 1 << 3
	FlagBS = 1 << 4
	FlagAT = 1 << 6
	FlagED = 1 << 7
)

// Create answers creation options (JSON, bare or under "publicKey") with a
// RegistrationResponseJSON, and keeps the new credential.
func (a *Authenticator) Create(options []byte) ([]byte, error) {
	o, err := parse[creation](options)
	if err != nil {
		return nil, err
	}
	rpID, err := a.checkRPID(o.RP.ID)
	if err != nil {
		return nil, err
	}
	if err := a.checkUV(o.AuthenticatorSelection.UserVerification); err != nil {
		return nil, err
	}
	if !a.Config.Careless && a.Holds(rpID, ids(o.ExcludeCredentials)...) {
		return nil, &Error{"InvalidStateError", "this authenticator already holds an excluded credential"}
	}
	c, err := a.newCredential(rpID, o)
	if err != nil {
		return nil, err
	}
	answer, err := a.register(c, o)
	if err != nil {
		return nil, err
	}
	a.Add(c)
	return answer, nil
}

func (a *Authenticator) newCredential(rpID string, o *creation) (*Credential, error) {
	alg := a.Config.Alg
	for _, p := range o.PubKeyCredParams {
		if alg == 0 && p.Type == "public-key" && p.Alg.known() {
			alg = p.Alg
		}
	}
	if alg == 0 {
		return nil, &Error{"NotSupportedError", "none of pubKeyCredParams is known here"}
	}
	key, err := NewKey(alg)
	if err != nil {
		return nil, err
	}
	c := &Credential{ID: make([]byte, 32), RPID: rpID, UserHandle: o.User.ID, UserName: o.User.Name, Key: key, prfSecret: make([]byte, 32)}
	rand.Read(c.ID)
	rand.Read(c.prfSecret)
	return c, nil
}

func (a *Authenticator) register(c *Credential, o *creation) ([]byte, error) {
	authData, err := a.authData(c, true)
	if err != nil {
		return nil, err
	}
	clientData := a.clientData("webauthn.create", o.Challenge)
	hash := sha256.Sum256(clientData)
	format, statement, err := a.statement(c, authData, hash[:])
	if err != nil {
		return nil, err
	}
	authData = change(a.Config.Tamper.MadeAuth, authData)
	object, err := encode(map[string]any{"fmt": format, "attStmt": statement, "authData": authData})
	if err != nil {
		return nil, err
	}
	spki, err := c.Key.SPKI()
	if err != nil {
		return nil, err
	}
	return a.send(map[string]any{
		"id": base64.RawURLEncoding.EncodeToString(c.ID), "rawId": Bytes(c.ID), "type": "public-key",
		"authenticatorAttachment": a.attachment(),
		"clientExtensionResults":  a.results(c, o.Extensions, true),
		"response": map[string]any{
			"clientDataJSON":     Bytes(change(a.Config.Tamper.SentClient, clientData)),
			"attestationObject":  Bytes(change(a.Config.Tamper.Object, object)),
			"authenticatorData":  Bytes(authData),
			"publicKey":          Bytes(spki),
			"publicKeyAlgorithm": c.Key.Alg,
			"transports":         a.transports(),
		},
	})
}

// Get answers request options (JSON, bare or under "publicKey") with an
// AuthenticationResponseJSON by the first credential that is allowed, or by
// the newest where any is.
func (a *Authenticator) Get(options []byte) ([]byte, error) {
	o, err := parse[request](options)
	if err != nil {
		return nil, err
	}
	rpID, err := a.checkRPID(o.RPID)
	if err != nil {
		return nil, err
	}
	if err := a.checkUV(o.UserVerification); err != nil {
		return nil, err
	}
	c, err := a.choose(rpID, o)
	if err != nil {
		return nil, err
	}
	return a.assert(c, o)
}

// GetWith answers request options by c, whatever they allow: what a thief of
// c's authenticator, or a liar, would send.
func (a *Authenticator) GetWith(c *Credential, options []byte) ([]byte, error) {
	o, err := parse[request](options)
	if err != nil {
		return nil, err
	}
	return a.assert(c, o)
}

func (a *Authenticator) choose(rpID string, o *request) (*Credential, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.find(rpID, ids(o.AllowCredentials)); c != nil {
		return c, nil
	}
	if len(o.AllowCredentials) == 0 && !a.Config.NotDiscoverable || a.Config.Careless {
		if c := a.newest(rpID); c != nil {
			return c, nil
		}
	}
	return nil, &Error{"NotAllowedError", fmt.Sprintf("no credential here for %q that the request allows", rpID)}
}

func (a *Authenticator) assert(c *Credential, o *request) ([]byte, error) {
	t := a.Config.Tamper
	authData, err := a.authData(c, false)
	if err != nil {
		return nil, err
	}
	clientData := a.clientData("webauthn.get", o.Challenge)
	hash := sha256.Sum256(clientData)
	signature, err := c.Key.Sign(append(bytes.Clone(authData), hash[:]...))
	if err != nil {
		return nil, err
	}
	response := map[string]any{
		"clientDataJSON":    Bytes(change(t.SentClient, clientData)),
		"authenticatorData": Bytes(change(t.SentAuth, authData)),
		"signature":         Bytes(change(t.Signature, signature)),
	}
	handle := c.UserHandle
	if a.Config.NotDiscoverable {
		handle = nil
	}
	if handle = change(t.UserHandle, handle); handle != nil {
		response["userHandle"] = Bytes(handle)
	}
	return a.send(map[string]any{
		"id": base64.RawURLEncoding.EncodeToString(c.ID), "rawId": Bytes(c.ID), "type": "public-key",
		"authenticatorAttachment": a.attachment(),
		"clientExtensionResults":  a.results(c, o.Extensions, false),
		"response":                response,
	})
}

// authData is §6.1: rpIdHash ‖ flags ‖ signCount [‖ attestedCredentialData] [‖ extensions].
func (a *Authenticator) authData(c *Credential, attested bool) ([]byte, error) {
	rpIDHash := sha256.Sum256([]byte(c.RPID))
	b := append(rpIDHash[:], a.flags(attested))
	b = binary.BigEndian.AppendUint32(b, a.count(c))
	if attested {
		cose, err := c.Key.COSE()
		if err != nil {
			return nil, err
		}
		aaguid := a.Config.AAGUID
		if a.Config.Format == FIDOU2F {
			aaguid = [16]byte{} // §6.1.2: U2F authenticators have none
		}
		b = append(b, aaguid[:]...)
		b = binary.BigEndian.AppendUint16(b, uint16(len(c.ID)))
		b = append(append(b, c.ID...), cose...)
	}
	if a.Config.Extensions != nil {
		ext, err := encode(a.Config.Extensions)
		if err != nil {
			return nil, err
		}
		b = append(b, ext...)
	}
	return change(a.Config.Tamper.AuthData, b), nil
}

func (a *Authenticator) flags(attested bool) byte {
	if a.Config.Format == FIDOU2F { // a U2F authenticator knows no other (CTAP 2.1 §7.1.4)
		f := byte(FlagUP)
		if attested {
			f |= FlagAT
		}
		return f
	}
	var f byte
	for _, x := range []struct {
		on  bool
		bit byte
	}{
		{!a.Config.NoUP, FlagUP}, {!a.Config.NoUV, FlagUV}, {a.Config.BE, FlagBE}, {a.Config.BS, FlagBS},
		{attested, FlagAT}, {a.Config.Extensions != nil, FlagED},
	} {
		if x.on {
			f |= x.bit
		}
	}
	return f
}

func (a *Authenticator) count(c *Credential) uint32 {
	if a.Config.Count == nil {
		return 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c.Count = a.Config.Count(c.Count)
	return c.Count
}

// results are the client extension outputs for what was asked (§10.1).
func (a *Authenticator) results(c *Credential, asked extensions, creating bool) map[string]any {
	out := map[string]any{}
	if creating && asked.CredProps {
		out["credProps"] = map[string]any{"rk": !a.Config.NotDiscoverable}
	}
	if asked.PRF == nil || !a.Config.PRF {
		return out
	}
	prf := map[string]any{}
	if creating {
		prf["enabled"] = true
	}
	eval := asked.PRF.Eval
	if s, ok := asked.PRF.EvalByCredential[base64.RawURLEncoding.EncodeToString(c.ID)]; ok {
		eval = &s
	}
	if eval != nil {
		values := map[string]any{"first": Bytes(c.prf(eval.First))}
		if eval.Second != nil {
			values["second"] = Bytes(c.prf(eval.Second))
		}
		prf["results"] = values
	}
	out["prf"] = prf
	return out
}

// prf is HMAC under the credential's own secret over the salt as §10.1.4 forms it.
func (c *Credential) prf(input []byte) []byte {
	salt := sha256.Sum256(append([]byte("WebAuthn PRF\x00"), input...))
	h := hmac.New(sha256.New, c.prfSecret)
	h.Write(salt[:])
	return h.Sum(nil)
}
