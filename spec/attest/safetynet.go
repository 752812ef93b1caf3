package attest

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"

	"holdfast/spec/cose"
	"holdfast/spec/ijson"
)

// safetyNet is the syntax of L3 §8.5: {ver, response}.
type safetyNet struct {
	Ver      string          `cbor:"ver"`
	Response cbor.ByteString `cbor:"response"`
}

// verifySafetyNet is L3 §8.5, verification procedure. Google ended the service
// in 2025: a response of today can only be an old one or a forged one, and its
// certificates have expired. So what is right is called retired, and its chain
// is not even looked at.
func verifySafetyNet(o Object) (Judgement, error) {
	// "Verify that attStmt is valid CBOR conforming to the syntax defined
	// above and perform CBOR decoding on it to extract the contained fields."
	var s safetyNet
	if err := decode(o.Statement, &s); err != nil {
		return Judgement{}, fmt.Errorf("android-safetynet: %w", err)
	}
	if s.Ver == "" || s.Response == "" {
		return Judgement{}, refuse(Malformed, "android-safetynet: ver or response is missing")
	}
	certificates, payload, err := verifyJWS([]byte(s.Response))
	j := Judgement{Kind: Unverified, Certificates: certificates}
	if err != nil {
		return j, fmt.Errorf("android-safetynet: response: %w", err)
	}
	// "Verify that response is a valid SafetyNet response": issued to that
	// host name.
	if err := certificates[0].VerifyHostname("attest.android.com"); err != nil {
		return j, refuse(CertificateRules, "android-safetynet: the certificate is not for attest.android.com")
	}
	if err := checkSafetyNet(o, payload, certificates[0]); err != nil {
		return j, fmt.Errorf("android-safetynet: response: %w", err)
	}
	j.Reason, j.Why = RetiredFormat, "android-safetynet is retired: the statement is right, and proves nothing any more"
	return j, nil
}

// verifyJWS verifies a JWS in compact serialization (RFC 7515 §5.2) by the
// first certificate of its x5c.
func verifyJWS(compact []byte) ([]*x509.Certificate, ijson.Value, error) {
	var none ijson.Value
	parts := bytes.Split(compact, []byte("."))
	if len(parts) != 3 {
		return nil, none, refuse(Malformed, "it is no JWS in compact serialization")
	}
	header, err := jwsPart(parts[0])
	if err != nil {
		return nil, none, refuse(Malformed, "header: %w", err)
	}
	if header.Get("alg").Text() != "RS256" || header.Get("crit").Kind() != ijson.Missing { // Google used no other
		return nil, none, refuse(Malformed, "header: alg is not RS256, or something in it is critical")
	}
	certificates, err := jwsCertificates(header.Get("x5c").List())
	if err != nil {
		return nil, none, err
	}
	sig, err := base64.RawURLEncoding.Strict().DecodeString(string(parts[2]))
	if err != nil {
		return certificates, none, refuse(Malformed, "signature: %w", err)
	}
	message := compact[:len(parts[0])+1+len(parts[1])]
	if err := cose.Verify(certificates[0].PublicKey, cose.RS256, message, sig); err != nil {
		return certificates, none, refuse(SignatureMismatch, "%w", err)
	}
	payload, err := jwsPart(parts[1])
	if err != nil {
		return certificates, none, refuse(Malformed, "payload: %w", err)
	}
	return certificates, payload, nil
}

func jwsPart(text []byte) (ijson.Value, error) {
	const depth = 4
	b, err := base64.RawURLEncoding.Strict().DecodeString(string(text))
	if err != nil {
		return ijson.Value{}, err
	}
	v, err := ijson.Parse(b, ijson.Limits{Bytes: maxCertificates * maxCertificate * 2, Depth: depth})
	if err == nil && v.Kind() != ijson.Object {
		err = errors.New("no JSON object")
	}
	return v, err
}

func jwsCertificates(x5c []ijson.Value) ([]*x509.Certificate, error) {
	var ders [][]byte
	for i, c := range x5c {
		der, err := base64.StdEncoding.Strict().DecodeString(c.Text())
		if c.Kind() != ijson.String || err != nil {
			return nil, refuse(Malformed, "header: x5c[%d] is no base64", i)
		}
		ders = append(ders, der)
	}
	return parseX5C(ders)
}

func checkSafetyNet(o Object, payload ijson.Value, leaf *x509.Certificate) error {
	// "Verify that the nonce attribute in the payload of response is identical
	// to the Base64 encoding of the SHA-256 hash of the concatenation of
	// authenticatorData and clientDataHash."
	nonce := sha256.Sum256(o.signed())
	if payload.Get("nonce").Text() != base64.StdEncoding.EncodeToString(nonce[:]) {
		return refuse(BindingMismatch, "it is about other authenticator data or client data")
	}
	// "Verify that the ctsProfileMatch attribute in the payload of response is
	// true."
	if payload.Get("ctsProfileMatch").Kind() != ijson.True {
		return refuse(FailedIntegrity, "the device failed Google's check (ctsProfileMatch)")
	}
	// There is no fresh response any more; it must at least have been given
	// while its certificate was valid.
	ms, ok := payload.Get("timestampMs").Int()
	if !ok || ms <= 0 || validAt(leaf, time.UnixMilli(ms)) != nil {
		return refuse(WrongTime, "its time is missing or outside of its certificate's validity")
	}
	return nil
}
