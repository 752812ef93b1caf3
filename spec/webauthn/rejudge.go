package webauthn

import (
	"crypto/sha256"
	"time"

	"holdfast/spec/attest"
	"holdfast/spec/cose"
)

// JudgeAgain runs L3 §7.1 steps 21 to 24 on a registration that was accepted
// before, with the anchors of trust, at the time at. An error means that the
// statement is wrong by what is known now.
func JudgeAgain(attestationObject, clientDataJSON []byte, trust attest.Trust, at time.Time) (attest.Judgement, error) {
	object, err := parseAttestationObject(attestationObject)
	if err != nil {
		return attest.Judgement{}, refuse("7.1-13", "%v", err)
	}
	auth, err := ParseAuthData(object.authData)
	if err != nil {
		return attest.Judgement{}, refuse("7.1-13", "%v", err)
	}
	key, err := cose.ParseKey(auth.PublicKey)
	if err != nil {
		return attest.Judgement{}, refuse("7.1-20", "the credential public key: %v", err)
	}
	j, err := attest.Verify(attest.Object{
		Format: object.format, Statement: object.attStmt, AuthData: object.authData, ClientHash: sha256.Sum256(clientDataJSON),
		RPIDHash: auth.RPIDHash, AAGUID: auth.AAGUID, CredentialID: auth.CredentialID, Key: key,
	}, trust, at)
	if err != nil {
		return j, refuse("7.1-22", "the attestation statement is wrong: %v", err)
	}
	return j, nil
}
