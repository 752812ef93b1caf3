// Package webauthn verifies the answers of browsers and authenticators in the
// two ceremonies of Web Authentication Level 3: registration (§7.1) and
// authentication (§7.2). It is pure: bytes and expectations in, verdict out.
//
// Steps are numbered as in the editor's draft of 2026-07-30 (commit 146d0db).
// Every refusal is a *StepError that names its step: "7.1-8", "7.2-17", or
// "input" where the answer is no RegistrationResponseJSON or
// AuthenticationResponseJSON at all. Where this package is stricter than the
// text, a comment says DIVERGES and docs/spec-notes/webauthn.md says why.
//
// It refuses to know the time, to keep a ceremony's state, to decide whether a
// challenge was spent or a credential id is new (§7.1 step 26: the store's
// unique index does), to judge what an organisation wants (policy on BE, BS,
// AAGUID), and to guess: a Registration or Authentication with a field left
// empty accepts less, never more.
package webauthn

import "fmt"

// StepError says which step of the ceremony refused, and why in a sentence
// that is fit for a log or a developer. It tells a stranger nothing that he did
// not send.
type StepError struct {
	Step   string // "7.1-17", "7.2-21" or "input"
	Reason string
}

func (e *StepError) Error() string { return e.Step + ": " + e.Reason }

func refuse(step, format string, args ...any) error {
	return &StepError{step, fmt.Sprintf(format, args...)}
}

// input is the Step of an answer that cannot be read.
const input = "input"
