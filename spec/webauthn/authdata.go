package webauthn

import (
	"encoding/binary"
	"errors"
	"fmt"

	"holdfast/spec/cose"
)

// Flags of authenticator data, L3 §6.1. Bits 1 and 5 are reserved and ignored.
const (
	flagUP = 1 << 0 // a user was present
	flagUV = 1 << 2 // and verified
	flagBE = 1 << 3 // the credential may be backed up
	flagBS = 1 << 4 // and is
	flagAT = 1 << 6 // attested credential data follows
	flagED = 1 << 7 // extension outputs follow
)

// minAuthData is rpIdHash (32), flags (1) and signCount (4).
const minAuthData = 37

// AuthData is authenticator data taken apart (L3 §6.1). Slices share its
// memory.
type AuthData struct {
	RPIDHash               []byte
	UP, UV, BE, BS, AT, ED bool
	SignCount              uint32
	AAGUID                 AAGUID // with AT
	CredentialID           []byte // with AT; longer than 1023 is for a step to refuse
	PublicKey              []byte // with AT; COSE_Key, canonical CBOR, not judged
	Extensions             []byte // with ED; a canonical CBOR map
}

// ParseAuthData reads authenticator data that fills b. Flags and contents must
// agree to the byte: what a flag announces is there, and nothing else is. With
// an error the result holds what was read before, for diagnosis only.
func ParseAuthData(b []byte) (AuthData, error) {
	if len(b) < minAuthData {
		return AuthData{}, fmt.Errorf("authenticator data of %d bytes: at least %d are needed", len(b), minAuthData)
	}
	flags := b[32]
	a := AuthData{
		RPIDHash: b[:32],
		UP:       flags&flagUP != 0, UV: flags&flagUV != 0,
		BE: flags&flagBE != 0, BS: flags&flagBS != 0,
		AT: flags&flagAT != 0, ED: flags&flagED != 0,
		SignCount: binary.BigEndian.Uint32(b[33:37]),
	}
	rest, err := b[minAuthData:], error(nil)
	if a.AT {
		if rest, err = a.attested(rest); err != nil {
			return a, fmt.Errorf("attested credential data: %w", err)
		}
	}
	if a.ED {
		if a.Extensions, rest, err = cutMap(rest); err != nil {
			return a, fmt.Errorf("extension outputs: %w", err)
		}
	}
	if len(rest) > 0 {
		return a, fmt.Errorf("authenticator data has %d bytes more than its flags announce", len(rest))
	}
	return a, nil
}

// attested reads L3 §6.5.1: aaguid, length, credentialId, credentialPublicKey.
func (a *AuthData) attested(b []byte) (rest []byte, err error) {
	if len(b) < 18 {
		return nil, errors.New("ends too early")
	}
	copy(a.AAGUID[:], b)
	n := int(binary.BigEndian.Uint16(b[16:18]))
	if b = b[18:]; len(b) < n {
		return nil, errors.New("ends too early")
	}
	if n == 0 {
		return nil, errors.New("the credential id is empty")
	}
	a.CredentialID = b[:n]
	a.PublicKey, rest, err = cutMap(b[n:])
	return rest, err
}

func cutMap(b []byte) (item, rest []byte, err error) {
	if item, rest, err = cose.CutItem(b); err != nil {
		return nil, nil, err
	}
	if item[0]>>5 != 5 {
		return nil, nil, errors.New("no CBOR map")
	}
	return item, rest, nil
}
