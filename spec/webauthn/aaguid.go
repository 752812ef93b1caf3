package webauthn

import (
	"encoding/hex"
	"fmt"
)

// AAGUID names a model of authenticator (L3 §6.5.1). It is a claim unless a
// trusted attestation statement vouches for it.
type AAGUID [16]byte

// String is the usual form, 8-4-4-4-12.
func (a AAGUID) String() string {
	h := hex.EncodeToString(a[:])
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}

// IsZero is true of an authenticator that does not say what it is.
func (a AAGUID) IsZero() bool { return a == AAGUID{} }
