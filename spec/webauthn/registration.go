package webauthn

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"slices"
	"time"

	"holdfast/spec/attest"
	"holdfast/spec/cose"
)

// RelyingParty is who asks. The zero RelyingParty accepts nothing.
type RelyingParty struct {
	ID               string   // RP ID, a domain: "example.org"
	Origins          []string // exact: "https://login.example.org", "android:apk-key-hash:…"
	TopOrigins       []string // pages that may hold our page in a frame, exact
	AllowCrossOrigin bool     // whether our page may be in a frame of another origin
}

// Registration is what the ceremony expects of the answer.
type Registration struct {
	RP                 RelyingParty
	Challenge          []byte
	RequireUV          bool             // the options said userVerification: required
	Conditional        bool             // the options said mediation: conditional; only then may UP be missing
	Algorithms         []cose.Algorithm // pubKeyCredParams; empty accepts none
	RequireAttestation bool             // only attestation that leads to a root of Trust will do
	Trust              attest.Trust
	At                 time.Time // by which certificates are judged
}

// Registered is a new credential as it was proved, for the credential record of
// L3 §7.1 step 27. Store AttestationObject and ClientDataJSON with it, so that
// the attestation can be judged again with other roots.
type Registered struct {
	CredentialID   []byte
	PublicKey      []byte // COSE_Key, as received
	Algorithm      cose.Algorithm
	AAGUID         AAGUID // a claim unless Judgement.AAGUIDProven
	UP, UV, BE, BS bool
	SignCount      uint32
	Format         string
	Attestation    attest.Kind
	Judgement      attest.Judgement // the evidence
	Transports     []string
	Attachment     string // platform, cross-platform: a claim of the client
	RK             *bool  // credProps.rk; nil if not told
	PRF            *bool  // prf.enabled; nil if not told
	Notes          []string
	// As received.
	AttestationObject, ClientDataJSON []byte
}

// VerifyRegistration runs L3 §7.1 from step 5 on. Not its steps 26 to 29: that
// the credential id is new to the whole system is for the store to ensure, in
// the same transaction that records it.
func VerifyRegistration(want Registration, got *RegistrationResponse) (*Registered, error) {
	r := begin(want, got)
	if err := r.steps(); err != nil {
		return nil, err
	}
	return &r.out, nil
}

// InspectRegistration is VerifyRegistration for somebody who debugs: it returns
// what could be read also when it refuses. Never take its first result for a
// verdict.
func InspectRegistration(want Registration, got *RegistrationResponse) (*Registered, error) {
	r := begin(want, got)
	err := r.steps()
	if err != nil && r.out.Attestation == "" {
		r.describe()
	}
	return &r.out, err
}

// registering is one run of the ceremony.
type registering struct {
	want     Registration
	got      *RegistrationResponse
	client   clientData
	object   attestationObject
	auth     AuthData
	unread   error // why object or auth could not be read, for step 13
	key      cose.Key
	hash     [sha256.Size]byte
	out      Registered
	rpIDHash [sha256.Size]byte
}

// begin reads what step 13 will ask about; a refusal before then still shows it.
func begin(want Registration, got *RegistrationResponse) *registering {
	r := &registering{want: want, got: got, hash: sha256.Sum256(got.ClientDataJSON), rpIDHash: sha256.Sum256([]byte(want.RP.ID))}
	r.object, r.unread = parseAttestationObject(got.AttestationObject)
	if r.unread == nil {
		r.auth, r.unread = ParseAuthData(r.object.authData)
	}
	r.out = Registered{
		CredentialID: r.auth.CredentialID, PublicKey: r.auth.PublicKey, AAGUID: r.auth.AAGUID,
		UP: r.auth.UP, UV: r.auth.UV, BE: r.auth.BE, BS: r.auth.BS, SignCount: r.auth.SignCount,
		Format: r.object.format, Transports: got.Transports, Attachment: got.AuthenticatorAttachment,
		RK: got.Results.CredPropsRK, PRF: got.Results.PRFEnabled,
		AttestationObject: got.AttestationObject, ClientDataJSON: got.ClientDataJSON,
	}
	return r
}

func (r *registering) steps() error {
	for _, step := range []func() error{r.clientDataSteps, r.authDataSteps, r.keySteps, r.attestationSteps, r.recordSteps} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (r *registering) clientDataSteps() error {
	// Step 5. Let JSONtext be the result of running UTF-8 decode on the value
	// of response.clientDataJSON.
	text, err := decodeUTF8(r.got.ClientDataJSON)
	if err != nil {
		return refuse("7.1-5", "%v", err)
	}
	// Step 6. Let C, the client data claimed as collected during the
	// credential creation, be the result of running an implementation-specific
	// JSON parser on JSONtext.
	if r.client, err = parseClientData(text); err != nil {
		return refuse("7.1-6", "%v", err)
	}
	// Step 7. Verify that the value of C.type is webauthn.create.
	if r.client.typ != "webauthn.create" {
		return refuse("7.1-7", "type is %q, not \"webauthn.create\"", r.client.typ)
	}
	// Step 8. Verify that the value of C.challenge equals the base64url
	// encoding of pkOptions.challenge.
	if !r.client.sameChallenge(r.want.Challenge) {
		return refuse("7.1-8", "the challenge is not the one that was given")
	}
	// Step 9. Verify that the value of C.origin is an origin expected by the
	// Relying Party.
	if err := r.want.RP.checkOrigin(r.client); err != nil {
		return refuse("7.1-9", "%v", err)
	}
	// Step 10. If C.crossOrigin is present and set to true, verify that the
	// Relying Party expects that this credential would have been created
	// within an iframe that is not same-origin with its ancestors.
	if err := r.want.RP.checkCrossOrigin(r.client); err != nil {
		return refuse("7.1-10", "%v", err)
	}
	// Step 11. If C.topOrigin is present: … Verify that the value of
	// C.topOrigin matches the origin of a page that the Relying Party expects
	// to be sub-framed within.
	if err := r.want.RP.checkTopOrigin(r.client); err != nil {
		return refuse("7.1-11", "%v", err)
	}
	return nil
}

func (r *registering) authDataSteps() error {
	// Step 12. Let hash be the result of computing a hash over
	// response.clientDataJSON using SHA-256. (Done.)
	//
	// Step 13. Perform CBOR decoding on the attestationObject field of the
	// AuthenticatorAttestationResponse structure to obtain the attestation
	// statement format fmt, the authenticator data authData, and the
	// attestation statement attStmt.
	if r.unread != nil {
		return refuse("7.1-13", "%v", r.unread)
	}
	if !r.auth.AT {
		return refuse("7.1-13", "authenticator data without attested credential data")
	}
	// Step 14. Verify that the rpIdHash in authData is the SHA-256 hash of the
	// RP ID expected by the Relying Party.
	if r.want.RP.ID == "" || subtle.ConstantTimeCompare(r.rpIDHash[:], r.auth.RPIDHash) != 1 {
		return refuse("7.1-14", "rpIdHash is not the hash of the RP ID %q", r.want.RP.ID)
	}
	// Step 15. If options.mediation is not set to conditional, verify that the
	// UP bit of the flags in authData is set.
	if !r.auth.UP && !r.want.Conditional {
		return refuse("7.1-15", "no user was present (UP is not set)")
	}
	// Step 16. If the Relying Party requires user verification for this
	// registration, verify that the UV bit of the flags in authData is set.
	if !r.auth.UV && r.want.RequireUV {
		return refuse("7.1-16", "the user was not verified (UV is not set)")
	}
	// Step 17. If the BE bit of the flags in authData is not set, verify that
	// the BS bit is not set.
	if r.auth.BS && !r.auth.BE {
		return refuse("7.1-17", "backed up though not eligible for backup (BS without BE)")
	}
	// Steps 18 and 19, policy on BE and BS, are for domain/policy: both are in
	// the result.
	return nil
}

func (r *registering) keySteps() (err error) {
	// Step 20. Verify that the "alg" parameter in the credential public key in
	// authData matches the alg attribute of one of the items in
	// pkOptions.pubKeyCredParams.
	r.out.Algorithm, err = cose.PeekAlgorithm(r.auth.PublicKey)
	if err != nil {
		return refuse("7.1-20", "the credential public key: %v", err)
	}
	if !slices.Contains(r.want.Algorithms, r.out.Algorithm) {
		return refuse("7.1-20", "the algorithm %v was not asked for", r.out.Algorithm)
	}
	// DIVERGES: L3 nowhere asks to look at the key itself when there is no
	// attestation. With an Ed25519 identity point for a key anybody could sign
	// in without a private key.
	if r.key, err = cose.ParseKey(r.auth.PublicKey); err != nil {
		return refuse("7.1-20", "the credential public key: %v", err)
	}
	return nil
}

func (r *registering) attestationSteps() error {
	// Step 21. Determine the attestation statement format by performing a
	// USASCII case-sensitive match on fmt against the set of supported
	// WebAuthn Attestation Statement Format Identifier values.
	if err := attest.CheckFormat(r.object.format); err != nil {
		return refuse("7.1-21", "%v", err)
	}
	// Step 22. Verify that attStmt is a correct attestation statement,
	// conveying a valid attestation signature, by using the attestation
	// statement format fmt's verification procedure given attStmt, authData
	// and hash.
	//
	// Step 23. If validation is successful, obtain a list of acceptable trust
	// anchors (attestation root certificates) for that attestation type and
	// attestation statement format fmt, from a trusted source or from policy.
	judgement, err := attest.Verify(r.attested(), r.want.Trust, r.want.At)
	r.note(judgement)
	if err != nil {
		return refuse("7.1-22", "the attestation statement is wrong: %v", err)
	}
	// Step 24. Assess the attestation trustworthiness using the outputs of the
	// verification procedure in step 22: if no attestation was provided,
	// verify that None attestation is acceptable under Relying Party policy;
	// if self attestation was used, verify that self attestation is
	// acceptable; otherwise … verify that the attestation public key either
	// correctly chains up to an acceptable root certificate, or is itself an
	// acceptable certificate.
	if r.want.RequireAttestation && judgement.Kind != attest.Verified {
		return refuse("7.1-24", "attestation is required: %s", judgement.Why)
	}
	return nil
}

func (r *registering) attested() attest.Object {
	return attest.Object{
		Format: r.object.format, Statement: r.object.attStmt, AuthData: r.object.authData, ClientHash: r.hash,
		RPIDHash: r.auth.RPIDHash, AAGUID: r.auth.AAGUID, CredentialID: r.auth.CredentialID, Key: r.key,
	}
}

func (r *registering) note(j attest.Judgement) {
	r.out.Judgement, r.out.Attestation = j, j.Kind
	r.out.Notes = append(r.out.Notes, j.Notes...)
	if j.Kind == attest.Unverified {
		r.out.Notes = append(r.out.Notes, "attestation not verified: "+j.Why)
	}
}

func (r *registering) recordSteps() error {
	// Step 25. Verify that the credentialId is ≤ 1023 bytes.
	if len(r.auth.CredentialID) > maxCredentialID {
		return refuse("7.1-25", "the credential id has %d bytes: at most %d are allowed", len(r.auth.CredentialID), maxCredentialID)
	}
	// Step 28. Process the client extension outputs … and the authenticator
	// extension outputs: "the Relying Party MUST be prepared to handle cases
	// where none or not all of the requested extensions were acted upon", and
	// unsolicited ones are ignored. (Nothing to do.)
	return r.copiesAgree()
}

// copiesAgree. L3 §5.2.1.1 gives scripts copies of what the attestation object
// holds, and JSON carries them. A server that stored the copy of the key and
// verified the object could be made to store another key; so they must agree.
func (r *registering) copiesAgree() error {
	got := r.got
	if got.ID != nil && !bytes.Equal(got.ID, r.auth.CredentialID) {
		return refuse(input, "id is not the credential id in the authenticator data")
	}
	if got.AuthenticatorData != nil && !bytes.Equal(got.AuthenticatorData, r.object.authData) {
		return refuse(input, "authenticatorData is not that of the attestation object")
	}
	if got.PublicKeyAlgorithm != nil && *got.PublicKeyAlgorithm != r.key.Algorithm() {
		return refuse(input, "publicKeyAlgorithm is %v, but the key in the authenticator data is for %v", *got.PublicKeyAlgorithm, r.key.Algorithm())
	}
	if got.PublicKey == nil {
		return nil
	}
	spki, err := x509.MarshalPKIXPublicKey(r.key.Public())
	if err != nil || !bytes.Equal(got.PublicKey, spki) {
		return refuse(input, "publicKey is not the key in the authenticator data")
	}
	return nil
}

// describe fills what a refusal left open.
func (r *registering) describe() {
	if r.unread != nil || !r.auth.AT {
		return
	}
	r.out.Algorithm, _ = cose.PeekAlgorithm(r.auth.PublicKey)
	key, err := cose.ParseKey(r.auth.PublicKey)
	r.key = key
	j, wrong := attest.Verify(r.attested(), r.want.Trust, r.want.At)
	if err != nil && wrong != nil {
		return // perhaps only because the key could not be read
	}
	r.note(j)
}
