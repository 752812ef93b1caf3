package softkey

import (
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"time"
)

// androidKey is §8.4: the credential key's own certificate, with a description
// of the key by the hardware.
func (a *Authenticator) androidKey(c *Credential, signed, hash []byte) (map[string]any, error) {
	description, err := keyDescription(hash, a.Config.Software)
	if err != nil {
		return nil, err
	}
	t := certificate()
	t.Subject = pkix.Name{CommonName: "Android Keystore Key"}
	t.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 1, 17}, Value: a.structure("keyDescription", description)}}
	x5c, err := a.certify(t, c.Key)
	if err != nil {
		return nil, err
	}
	sig, err := c.Key.Sign(signed)
	return map[string]any{"alg": int(c.Key.Alg), "sig": sig, "x5c": x5c}, err
}

// keyDescription is KeyDescription of Android's key attestation: made here, to
// sign with, by a device that is locked and started as it was made.
func keyDescription(challenge []byte, software bool) ([]byte, error) {
	type rootOfTrust struct {
		Key    []byte
		Locked bool
		State  asn1.Enumerated
	}
	type list struct {
		Purpose     []int       `asn1:"explicit,tag:1,set,optional"`
		Algorithm   int         `asn1:"explicit,tag:2,optional"`
		Origin      int         `asn1:"explicit,tag:702,optional,default:99"`
		RootOfTrust rootOfTrust `asn1:"explicit,tag:704,optional"`
	}
	type none struct{}
	key := list{Purpose: []int{2}, Algorithm: 3, RootOfTrust: rootOfTrust{make([]byte, 32), true, 0}}
	type description struct {
		Version       int
		Level         asn1.Enumerated
		KeyMint       int
		KeyLevel      asn1.Enumerated
		Challenge, ID []byte
		Software      any
		Hardware      any
	}
	d := description{300, 1, 300, 1, challenge, []byte{}, none{}, key}
	if software {
		key.RootOfTrust = rootOfTrust{}
		d.Level, d.KeyLevel, d.Software, d.Hardware = 0, 0, list{Purpose: key.Purpose, Algorithm: key.Algorithm}, none{}
	}
	return marshalFields(d.Version, d.Level, d.KeyMint, d.KeyLevel, d.Challenge, d.ID, d.Software, d.Hardware)
}

// marshalFields is a SEQUENCE of what fields are; asn1 has no fields of any type.
func marshalFields(fields ...any) ([]byte, error) {
	var raw []asn1.RawValue
	for _, f := range fields {
		der, err := asn1.Marshal(f)
		if err != nil {
			return nil, err
		}
		raw = append(raw, asn1.RawValue{FullBytes: der})
	}
	return asn1.Marshal(raw)
}

// safetyNet is §8.5: a JWS of Google's attestation service as it was.
func (a *Authenticator) safetyNet(signed []byte) (map[string]any, error) {
	nonce := sha256.Sum256(signed)
	payload, err := json.Marshal(map[string]any{
		"nonce": nonce[:], "timestampMs": time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), "ctsProfileMatch": true,
		"basicIntegrity": true, "apkPackageName": "com.google.android.gms",
	})
	if err != nil {
		return nil, err
	}
	ca, err := a.ca()
	if err != nil {
		return nil, err
	}
	key, err := ca.attestationKey(RS256)
	if err != nil {
		return nil, err
	}
	t := certificate()
	t.Subject, t.DNSNames = pkix.Name{CommonName: "attest.android.com"}, []string{"attest.android.com"}
	x5c, err := a.certify(t, key)
	if err != nil {
		return nil, err
	}
	header, err := json.Marshal(map[string]any{"alg": "RS256", "x5c": x5c})
	if err != nil {
		return nil, err
	}
	header, payload = a.structure("header", header), a.structure("payload", payload)
	text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	sig, err := key.Sign([]byte(text))
	return map[string]any{"ver": "212418046", "response": []byte(text + "." + base64.RawURLEncoding.EncodeToString(sig))}, err
}

// apple is §8.8: the credential key's own certificate, made for this very
// registration.
func (a *Authenticator) apple(c *Credential, signed []byte) (map[string]any, error) {
	nonce := sha256.Sum256(signed)
	octets, err := asn1.Marshal(nonce[:])
	if err != nil {
		return nil, err
	}
	value, err := marshalFields(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 1, IsCompound: true, Bytes: octets})
	if err != nil {
		return nil, err
	}
	t := certificate()
	t.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 8, 2}, Value: a.structure("nonce", value)}}
	x5c, err := a.certify(t, c.Key)
	return map[string]any{"x5c": x5c}, err
}
