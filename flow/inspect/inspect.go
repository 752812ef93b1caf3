// Package inspect judges one WebAuthn case, written down as JSON, with the same
// functions as the door, and says in full what it found. It is for people who
// debug passkeys and for test vectors.
//
// It refuses to fail: whatever comes in, a verdict comes out, with the step
// "input" where the case cannot be read. It keeps nothing, knows no clock but
// the time it was made with, and reads no file but one that trust.mds names,
// where it is given the means.
package inspect

import (
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"holdfast/spec/attest"
	"holdfast/spec/cose"
	"holdfast/spec/webauthn"
)

// Verdict is what is printed for one case. Members that are not known are null
// or "".
type Verdict struct {
	Name        string      `json:"name"`
	Verdict     string      `json:"verdict"` // "accept" or "reject"
	Step        string      `json:"step"`    // that refused: "7.1-17" or "input"; "" if none did
	Reason      string      `json:"reason"`
	Format      string      `json:"fmt"`
	Attestation attest.Kind `json:"attestation"`
	Evidence
	AAGUID       string          `json:"aaguid"`
	Alg          *cose.Algorithm `json:"alg"`
	UP           *bool           `json:"up"`
	UV           *bool           `json:"uv"`
	BE           *bool           `json:"be"`
	BS           *bool           `json:"bs"`
	SignCount    *uint32         `json:"signCount"`
	CredentialID string          `json:"credentialId"` // base64url
	PublicKey    string          `json:"publicKey"`    // COSE_Key, base64url
	Notes        []string        `json:"notes"`
}

// Evidence is why an attestation is not verified, or what it proves.
type Evidence struct {
	AttestationReason attest.Reason     `json:"attestationReason"` // stable code; "" if verified
	Anchor            string            `json:"anchor"`            // that vouches: "given"; "" unless verified
	AAGUIDProven      bool              `json:"aaguidProven"`
	KeyProtection     attest.Protection `json:"keyProtection"` // by the statement itself
	DeviceSerial      string            `json:"deviceSerial"`  // of an enterprise attestation
}

// Accepted says whether every step held.
func (v Verdict) Accepted() bool { return v.Verdict == "accept" }

// Bench judges cases. It may be used concurrently. It remembers trusted roots
// that it has parsed, since the cases of a batch share them.
type Bench struct {
	now      time.Time
	roots    *rootCache
	metadata *blobCache
	outside  Outside
}

// New makes a Bench that takes now for the time of cases that give none.
func New(now time.Time) *Bench {
	return &Bench{now: now, roots: newRootCache(), metadata: newBlobCache()}
}

// Judge reads one case and judges it. It always returns.
func (b *Bench) Judge(json []byte) (v Verdict) {
	defer func() {
		if p := recover(); p != nil { // a fault of ours; the next case must still be judged
			v.reject(&webauthn.StepError{Step: "input", Reason: fmt.Sprintf("internal error: %v", p)})
		}
	}()
	return b.judge(json)
}

func (b *Bench) judge(json []byte) Verdict {
	c, err := b.read(json)
	v := Verdict{Name: c.name, Notes: append([]string{}, c.notes...)}
	switch {
	case err != nil:
		v.reject(err)
	case c.kind == "registration":
		c.registration(&v)
	case c.kind == "authentication":
		c.authentication(&v)
	}
	return v
}

// reject fills the verdict from the error that refused.
func (v *Verdict) reject(err error) {
	v.Verdict, v.Step, v.Reason = "reject", "input", err.Error()
	if v.Notes == nil {
		v.Notes = []string{}
	}
	if step, ok := errors.AsType[*webauthn.StepError](err); ok {
		v.Step, v.Reason = step.Step, step.Reason
	}
}

func (v *Verdict) conclude(err error) {
	if err != nil {
		v.reject(err)
		return
	}
	v.Verdict = "accept"
}

func (c kase) registration(v *Verdict) {
	got, err := webauthn.ParseRegistrationResponse(c.response)
	if err != nil {
		v.reject(err)
		return
	}
	found, err := webauthn.InspectRegistration(webauthn.Registration{
		RP: c.rp, Challenge: c.challenge, RequireUV: c.requireUV, Conditional: c.conditional, Algorithms: c.algs,
		RequireAttestation: c.requireAttestation, Trust: c.trust, At: c.at,
	}, got)
	v.conclude(err)
	v.Format, v.Attestation = found.Format, found.Attestation
	v.Evidence = evidence(found.Judgement)
	v.Notes = append(v.Notes, found.Notes...)
	if found.CredentialID == nil {
		return
	}
	c.model(found.Judgement, found.AAGUID, v)
	v.AAGUID = found.AAGUID.String()
	v.CredentialID, v.PublicKey = encode(found.CredentialID), encode(found.PublicKey)
	v.SignCount = &found.SignCount
	v.flags(found.UP, found.UV, found.BE, found.BS)
	if found.Algorithm != 0 {
		v.Alg = &found.Algorithm
	}
}

func evidence(j attest.Judgement) Evidence {
	return Evidence{
		AttestationReason: j.Reason, Anchor: j.AnchorFrom, AAGUIDProven: j.AAGUIDProven,
		KeyProtection: j.KeyProtection, DeviceSerial: j.Serial,
	}
}

func (c kase) authentication(v *Verdict) {
	if alg, err := cose.PeekAlgorithm(c.stored.PublicKey); err == nil {
		v.Alg = &alg
	}
	v.CredentialID, v.PublicKey = encode(c.stored.ID), encode(c.stored.PublicKey)
	got, err := webauthn.ParseAuthenticationResponse(c.response)
	if err != nil {
		v.reject(err)
		return
	}
	c.fillIn(v, got)
	found, err := webauthn.InspectAuthentication(webauthn.Authentication{
		RP: c.rp, Challenge: c.challenge, RequireUV: c.requireUV,
		AllowCredentials: c.allowCredentials, Discoverable: c.discoverable, Credential: c.stored,
	}, got)
	v.conclude(err)
	v.Notes = append(v.Notes, found.Notes...)
	if _, unread := webauthn.ParseAuthData(got.AuthenticatorData); unread == nil {
		v.flags(found.UP, found.UV, found.BE, found.BS)
		v.SignCount = &found.SignCount
	}
}

// fillIn takes from the answer what the case does not say of the record, and
// notes that it was not compared. The door never does this.
func (c *kase) fillIn(v *Verdict, got *webauthn.AuthenticationResponse) {
	if c.stored.UserHandle == nil && got.UserHandle != nil {
		c.stored.UserHandle = got.UserHandle
		v.Notes = append(v.Notes, "the case names no userHandle: the one in the answer was not compared")
	}
	if c.stored.ID != nil {
		return
	}
	if c.stored.ID = got.ID; got.ID == nil && len(c.allowCredentials) == 0 {
		c.stored.ID = []byte("not given")
		v.Notes = append(v.Notes, "neither the case nor the answer names a credential id")
		return
	}
	v.CredentialID = encode(c.stored.ID)
}

func (v *Verdict) flags(up, uv, be, bs bool) { v.UP, v.UV, v.BE, v.BS = &up, &uv, &be, &bs }

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
