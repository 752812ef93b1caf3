package webauthn

import (
	"crypto/sha256"
	"errors"

	"github.com/fxamacker/cbor/v2"

	"holdfast/spec/cose"
)

// attestationObject is L3 §6.5.4, taken apart.
type attestationObject struct {
	format            string
	attStmt, authData []byte
}

func parseAttestationObject(b []byte) (o attestationObject, err error) {
	_, rest, err := cose.CutUnsortedItem(b)
	if err != nil {
		return o, errors.New("the attestation object: " + err.Error())
	}
	if len(rest) > 0 {
		return o, errors.New("data follows the attestation object")
	}
	var members struct {
		Fmt      *string         `cbor:"fmt"`
		AttStmt  cbor.RawMessage `cbor:"attStmt"`
		AuthData cbor.ByteString `cbor:"authData"`
	}
	if err := decoding.Unmarshal(b, &members); err != nil {
		return o, errors.New("the attestation object: " + err.Error())
	}
	if members.Fmt == nil || len(members.AttStmt) == 0 || members.AuthData == "" {
		return o, errors.New("the attestation object lacks fmt, attStmt or authData")
	}
	return attestationObject{*members.Fmt, members.AttStmt, []byte(members.AuthData)}, nil
}

// decoding matches names exactly. L3 §6.5.4 lets the attestation object have
// members that we do not know ("contain at least the three keys shown").
var decoding = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
	}.DecMode()
	if err != nil {
		panic("webauthn: internal error: " + err.Error())
	}
	return mode
}()

// RPIDHash is the SHA-256 hash of the RP ID under which a registration was
// made, by its attestation object, which is not judged here.
func RPIDHash(attestationObject []byte) (hash [sha256.Size]byte, err error) {
	o, err := parseAttestationObject(attestationObject)
	if err != nil {
		return hash, err
	}
	auth, err := ParseAuthData(o.authData)
	copy(hash[:], auth.RPIDHash)
	return hash, err
}
