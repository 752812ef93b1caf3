package webauthn

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"slices"

	"holdfast/spec/cose"
)

// Authentication is what the ceremony expects of the answer.
type Authentication struct {
	RP               RelyingParty
	Challenge        []byte
	RequireUV        bool     // the options said userVerification: required
	AllowCredentials [][]byte // of the options; empty means any
	Discoverable     bool     // nobody was named before: the answer must say who, by user handle
	Credential       Stored   // the record that the answer's id led to
}

// Stored is what the credential record holds (L3 §4).
type Stored struct {
	ID         []byte
	PublicKey  []byte // COSE_Key, as received at registration
	UserHandle []byte // of the credential's owner
	BE         *bool  // nil if it was never recorded
	SignCount  uint32
}

// Authenticated is what the assertion proved. Update the record's SignCount, BS
// and uvInitialized from it, and only now (L3 §7.2 step 24).
type Authenticated struct {
	UP, UV, BE, BS bool
	SignCount      uint32
	// CounterRegressed is true if signCount did not go up although one of the
	// two is not zero: perhaps a clone. A signal, no refusal (step 22).
	CounterRegressed bool
	// BEGained is true if the record says BE=0 and the answer BE=1, which
	// happens with iCloud. For policy: fine where sync is, a refusal at AAL3.
	BEGained   bool
	UserHandle []byte // as received; nil if absent
	Notes      []string
}

// VerifyAuthentication runs L3 §7.2 from step 5 on, but for step 24.
func VerifyAuthentication(want Authentication, got *AuthenticationResponse) (*Authenticated, error) {
	a := authenticating{want: want, got: got}
	if err := a.steps(); err != nil {
		return nil, err
	}
	return &a.out, nil
}

// InspectAuthentication is VerifyAuthentication for somebody who debugs: it
// returns what could be read also when it refuses. Never take its first result
// for a verdict.
func InspectAuthentication(want Authentication, got *AuthenticationResponse) (*Authenticated, error) {
	a := authenticating{want: want, got: got}
	err := a.steps()
	if auth, unread := ParseAuthData(got.AuthenticatorData); err != nil && unread == nil {
		a.flags(auth)
	}
	return &a.out, err
}

// authenticating is one run of the ceremony.
type authenticating struct {
	want   Authentication
	got    *AuthenticationResponse
	client clientData
	auth   AuthData
	out    Authenticated
}

func (a *authenticating) steps() error {
	if err := a.whoSteps(); err != nil {
		return err
	}
	if err := a.clientDataSteps(); err != nil {
		return err
	}
	if err := a.authDataSteps(); err != nil {
		return err
	}
	return a.signatureSteps()
}

func (a *authenticating) whoSteps() (err error) {
	// Step 5. If pkOptions.allowCredentials is not empty, verify that
	// credential.id identifies one of the public key credentials listed in
	// pkOptions.allowCredentials.
	id := a.got.ID
	if id == nil {
		id = a.want.Credential.ID
	}
	same := func(allowed []byte) bool { return bytes.Equal(allowed, id) }
	if len(a.want.AllowCredentials) > 0 && !slices.ContainsFunc(a.want.AllowCredentials, same) {
		return refuse("7.2-5", "the credential is none of those that were asked for")
	}
	// Step 6. Identify the user being authenticated and let credentialRecord
	// be the credential record for the credential.
	if len(id) == 0 || !same(a.want.Credential.ID) {
		return refuse("7.2-6", "the credential is not the one on record")
	}
	if err := a.checkUserHandle(); err != nil {
		return err
	}
	// Step 7. Let cData, authData and sig denote the value of response's
	// clientDataJSON, authenticatorData, and signature respectively.
	// DIVERGES: authenticator data that cannot be read to the last byte is
	// refused here, before anything is made of its parts.
	if a.auth, err = ParseAuthData(a.got.AuthenticatorData); err != nil {
		return refuse("7.2-7", "%v", err)
	}
	// L3 §6.5.1: attested credential data is there if and only if the answer
	// has an attestation object; we never ask for one.
	if a.auth.AT {
		return refuse("7.2-7", "an assertion with attested credential data")
	}
	return nil
}

// checkUserHandle is the second half of step 6. "If the user was identified
// before the authentication ceremony was initiated … If response.userHandle is
// present, verify that it equals the user handle of the user account. If the
// user was not identified before … verify that response.userHandle is present,
// and that the user account identified by response.userHandle contains a
// credential record whose id equals credential.rawId."
func (a *authenticating) checkUserHandle() error {
	got := a.got.UserHandle
	if len(got) == 0 {
		if a.want.Discoverable {
			return refuse("7.2-6", "the user handle is missing, though nobody was named before")
		}
		return nil
	}
	if !bytes.Equal(got, a.want.Credential.UserHandle) {
		return refuse("7.2-6", "the user handle is not that of the credential's owner")
	}
	return nil
}

func (a *authenticating) clientDataSteps() error {
	// Step 8. Let JSONtext be the result of running UTF-8 decode on the value
	// of cData.
	text, err := decodeUTF8(a.got.ClientDataJSON)
	if err != nil {
		return refuse("7.2-8", "%v", err)
	}
	// Step 9. Let C, the client data claimed as used for the signature, be the
	// result of running an implementation-specific JSON parser on JSONtext.
	if a.client, err = parseClientData(text); err != nil {
		return refuse("7.2-9", "%v", err)
	}
	// Step 10. Verify that the value of C.type is the string webauthn.get.
	if a.client.typ != "webauthn.get" {
		return refuse("7.2-10", "type is %q, not \"webauthn.get\"", a.client.typ)
	}
	// Step 11. Verify that the value of C.challenge equals the base64url
	// encoding of pkOptions.challenge.
	if !a.client.sameChallenge(a.want.Challenge) {
		return refuse("7.2-11", "the challenge is not the one that was given")
	}
	// Step 12. Verify that the value of C.origin is an origin expected by the
	// Relying Party.
	if err := a.want.RP.checkOrigin(a.client); err != nil {
		return refuse("7.2-12", "%v", err)
	}
	// Step 13. If C.crossOrigin is present and set to true, verify that the
	// Relying Party expects this credential to be used within an iframe that
	// is not same-origin with its ancestors.
	if err := a.want.RP.checkCrossOrigin(a.client); err != nil {
		return refuse("7.2-13", "%v", err)
	}
	// Step 14. If C.topOrigin is present: … Verify that the value of
	// C.topOrigin matches the origin of a page that the Relying Party expects
	// to be sub-framed within.
	if err := a.want.RP.checkTopOrigin(a.client); err != nil {
		return refuse("7.2-14", "%v", err)
	}
	return nil
}

func (a *authenticating) authDataSteps() error {
	// Step 15. Verify that the rpIdHash in authData is the SHA-256 hash of the
	// RP ID expected by the Relying Party.
	expected := sha256.Sum256([]byte(a.want.RP.ID))
	if a.want.RP.ID == "" || subtle.ConstantTimeCompare(expected[:], a.auth.RPIDHash) != 1 {
		return refuse("7.2-15", "rpIdHash is not the hash of the RP ID %q", a.want.RP.ID)
	}
	// Step 16. Verify that the UP bit of the flags in authData is set.
	if !a.auth.UP {
		return refuse("7.2-16", "no user was present (UP is not set)")
	}
	// Step 17. If user verification was determined to be required, verify that
	// the UV bit of the flags in authData is set. Read from this very answer: a
	// verification remembered from an earlier one would let a thief of an
	// unlocked key in.
	if !a.auth.UV && a.want.RequireUV {
		return refuse("7.2-17", "the user was not verified (UV is not set)")
	}
	// Step 18. If the BE bit of the flags in authData is not set, verify that
	// the BS bit is not set.
	if a.auth.BS && !a.auth.BE {
		return refuse("7.2-18", "backed up though not eligible for backup (BS without BE)")
	}
	return a.backupStep()
}

func (a *authenticating) backupStep() error {
	// Step 19. If the credential backup state is used as part of Relying Party
	// business logic or policy, let currentBe and currentBs be the values of
	// the BE and BS bits … Compare currentBe with credentialRecord.backupEligible:
	// if set, verify that currentBe is set; if not set, verify that it is not.
	stored := a.want.Credential.BE
	switch {
	case stored == nil || *stored == a.auth.BE:
	case *stored:
		return refuse("7.2-19", "the credential was eligible for backup and now says that it is not (BE 1 to 0)")
	default:
		// DIVERGES: iCloud really does this. Whether it is borne is for policy.
		a.out.BEGained = true
		a.out.Notes = append(a.out.Notes, "BE changed from 0 to 1: a credential that was bound to one device can now be synced")
	}
	return nil
}

func (a *authenticating) signatureSteps() error {
	// Step 20. Let hash be the result of computing a hash over the cData using
	// SHA-256.
	hash := sha256.Sum256(a.got.ClientDataJSON)
	// Step 21. Using credentialRecord.publicKey, verify that sig is a valid
	// signature over the binary concatenation of authData and hash.
	key, err := cose.ParseKey(a.want.Credential.PublicKey)
	if err != nil {
		return refuse("7.2-21", "the public key on record: %v", err)
	}
	message := append(append(make([]byte, 0, len(a.got.AuthenticatorData)+len(hash)), a.got.AuthenticatorData...), hash[:]...)
	if err := key.Verify(message, a.got.Signature); err != nil {
		return refuse("7.2-21", "%v", err)
	}
	a.flags(a.auth)
	a.out.UserHandle = a.got.UserHandle
	// Step 22. If authData.signCount is nonzero or credentialRecord.signCount
	// is nonzero: … less than or equal to credentialRecord.signCount: this is
	// a signal, but not proof, that the authenticator may be cloned.
	stored := a.want.Credential.SignCount
	if (a.auth.SignCount != 0 || stored != 0) && a.auth.SignCount <= stored {
		a.out.CounterRegressed = true
		a.out.Notes = append(a.out.Notes, "signCount did not go up: the authenticator may have been cloned")
	}
	// Step 23. Process the extension outputs: unsolicited ones are ignored.
	return nil
}

func (a *authenticating) flags(auth AuthData) {
	a.out.UP, a.out.UV, a.out.BE, a.out.BS, a.out.SignCount = auth.UP, auth.UV, auth.BE, auth.BS, auth.SignCount
}
