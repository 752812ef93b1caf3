// Package assurance turns what is known of a sign-in into what may be said of
// it: the AAL, the acr values that are true, and amr. It says only what is
// proven: without a verified attestation nothing is hwk, phrh or AAL3.
package assurance

import (
	"slices"

	"holdfast"
)

// Evidence is what one verified assertion shows of the credential used.
type Evidence struct {
	UV       bool // user verification in this response
	BE       bool // backup eligible: the key can leave the device
	Hardware bool // a verified attestation says that the key is in hardware

	// Most is the level that the policy gives such a credential; none: no bound.
	Most holdfast.AAL
}

// Assurance is what may be said.
type Assurance struct {
	AAL holdfast.AAL
	ACR []string // true values, strongest first
	AMR []string // RFC 8176
}

// acr values: OpenID Connect EAP ACR Values 1.0 and our levels.
const (
	HardwareProtected = "phrh"
	LevelAAL3         = "aal3"
	PhishingResistant = "phr"
	LevelAAL2         = "aal2"
	LevelAAL1         = "aal1"
)

// Values are all acr values that a sign-in can reach, strongest first.
func Values() []string {
	return []string{HardwareProtected, LevelAAL3, PhishingResistant, LevelAAL2, LevelAAL1}
}

// Of judges a passkey sign-in.
//
// NIST SP 800-63B-4 §3.1.7.2: without user verification the authenticator
// counts as single-factor. §2.3.2: at AAL3 the key cannot be exported, and
// syncable authenticators shall not be used. The key of a backup-eligible
// credential is held in software by its provider (swk); of one that says it is
// not, nothing is known without attestation, so neither swk nor hwk is said.
func Of(e Evidence) Assurance {
	if !e.UV {
		return Assurance{AAL: holdfast.AAL1, ACR: []string{LevelAAL1}, AMR: []string{"pop", "user"}}
	}
	a := Assurance{AAL: holdfast.AAL2, AMR: []string{"pop", "user", "mfa"}}
	hardware := e.Hardware && !e.BE
	if hardware && (e.Most == holdfast.AALNone || e.Most >= holdfast.AAL3) {
		a.AAL = holdfast.AAL3
	}
	if e.Most == holdfast.AAL1 {
		a.AAL = holdfast.AAL1
	}
	switch {
	case hardware:
		a.ACR, a.AMR = append(a.ACR, HardwareProtected), append([]string{"hwk"}, a.AMR...)
	case e.BE:
		a.AMR = append([]string{"swk"}, a.AMR...)
	}
	if a.AAL >= holdfast.AAL3 {
		a.ACR = append(a.ACR, LevelAAL3)
	}
	a.ACR = append(a.ACR, PhishingResistant)
	if a.AAL >= holdfast.AAL2 {
		a.ACR = append(a.ACR, LevelAAL2)
	}
	a.ACR = append(a.ACR, LevelAAL1)
	return a
}

// Resists says whether acr values, of which all are true, say that a sign-in
// could not have been phished.
func Resists(acr []string) bool {
	return slices.Contains(acr, PhishingResistant) || slices.Contains(acr, HardwareProtected)
}

// Pick is the acr of a token: the first requested value that is true, else the
// strongest that is. met says whether any requested value was true; it is true
// when none was requested.
func Pick(requested, truth []string) (acr string, met bool) {
	for _, r := range requested {
		if slices.Contains(truth, r) {
			return r, true
		}
	}
	if len(truth) > 0 {
		acr = truth[0]
	}
	return acr, len(requested) == 0
}
