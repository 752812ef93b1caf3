package signin

import (
	"context"
	"crypto/hmac"
	"errors"

	"holdfast/domain/ceremony"
	"holdfast/domain/credential"
	"holdfast/spec/cose"
	"holdfast/spec/webauthn"
)

// A stranger who was shown credential ids for a typed name can send each of
// them back with a forged signature. If a decoy were answered "not known" and a
// real one "the signature does not verify", that would say who has an account.
// So a decoy is checked like a credential, up to a signature that nobody can
// make, and that a credential was removed is said only to who holds its key.

// check runs §7.2 against what is stored.
func check(rp webauthn.RelyingParty, p ceremony.Pending, response *webauthn.AuthenticationResponse, stored webauthn.Stored) (*webauthn.Authenticated, error) {
	stored.ID = response.ID
	return webauthn.VerifyAuthentication(webauthn.Authentication{
		RP: rp, Challenge: p.Challenge, RequireUV: true, Credential: stored,
		// A name was typed: the answer's id was offered for it (§7.2 step 5).
		Discoverable: !p.Named,
	}, response)
}

// refuseUnknown answers an id that is not known, or not any more.
func (f *Flow) refuseUnknown(rp webauthn.RelyingParty, p ceremony.Pending, response *webauthn.AuthenticationResponse, c credential.Record) error {
	be, decoy := f.isDecoy(response.ID)
	if c.Status == credential.Removed {
		be = c.BE
		_, err := check(rp, p, response, webauthn.Stored{PublicKey: c.PublicKey, UserHandle: response.UserHandle, BE: &be})
		if err == nil {
			return credential.ErrUnknown
		}
	} else if !decoy && !p.Named {
		return credential.ErrUnknown // we never offered it: a browser may forget it
	}
	_, err := check(rp, p, response, webauthn.Stored{
		PublicKey: []byte(anybodysKey), UserHandle: f.derive(string(response.ID), "handle", 0, 32), BE: &be,
	})
	if err == nil { // a signature with the private key 1
		err = &webauthn.StepError{Step: "7.2-21", Reason: cose.ErrSignature.Error()}
	}
	return refused(err)
}

// anybodysKey stands in for a decoy's public key: an ES256 COSE_Key with P-256's
// generator. No signature by it is accepted.
const anybodysKey = "\xa5\x01\x02\x03\x26\x20\x01" +
	"\x21\x58\x20\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96" +
	"\x22\x58\x20\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5"

// decoyID makes a credential id that isDecoy knows again, with the BE that its
// credential would have.
func (f *Flow) decoyID(name string, i, length int, be bool) []byte {
	id := f.derive(name, "id", i, length)
	body, mark := id[:length-length/2], id[length-length/2:]
	copy(mark, f.mark(body, be, len(mark)))
	return id
}

func (f *Flow) isDecoy(id []byte) (be, ok bool) {
	body, mark := id[:len(id)-len(id)/2], id[len(id)-len(id)/2:]
	for _, be := range []bool{true, false} {
		if hmac.Equal(mark, f.mark(body, be, len(mark))) {
			return be, true
		}
	}
	return false, false
}

func (f *Flow) mark(body []byte, be bool, length int) []byte {
	use := "mark"
	if be {
		use = "mark BE"
	}
	return f.derive(string(body), use, 0, length)
}

// known looks the credential up, or says with ErrUnknown or step 5 that it is
// none of those that may answer.
func (f *Flow) known(ctx context.Context, rp webauthn.RelyingParty, p ceremony.Pending, response *webauthn.AuthenticationResponse) (webauthn.Stored, error) {
	if p.Named && !p.Offers(response.ID) {
		return webauthn.Stored{}, errNotOffered()
	}
	c, owner, err := f.owner(ctx, f.Store, credentialID(response), p)
	switch {
	case errors.Is(err, credential.ErrUnknown):
		return webauthn.Stored{}, f.refuseUnknown(rp, p, response, c)
	case err != nil:
		return webauthn.Stored{}, err
	}
	return webauthn.Stored{PublicKey: c.PublicKey, UserHandle: owner.Handle, BE: &c.BE, SignCount: c.SignCount}, nil
}

func errNotOffered() error {
	return refused(&webauthn.StepError{Step: "7.2-5", Reason: "it is not one of the passkeys that were asked for"})
}
