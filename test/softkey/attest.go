package softkey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// Format is an attestation statement format identifier (WebAuthn L3 §8).
type Format string

const (
	None       Format = "none"
	PackedSelf Format = "packed-self" // fmt "packed", signed by the credential key
	Packed     Format = "packed"      // signed under a CA
	FIDOU2F    Format = "fido-u2f"    // signed under a CA; ES256 only
)

// CA is a test manufacturer: a root that issues attestation certificates. The
// certificates are valid from 2020 to 2049, so that no test depends on today.
type CA struct {
	Root *x509.Certificate
	key  *ecdsa.PrivateKey
}

var (
	notBefore = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(2049, 1, 1, 0, 0, 0, 0, time.UTC)
)

// NewCA makes a root of its own, with name for its common name.
func NewCA(name string) (*CA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{Country: []string{"SE"}, Organization: []string{"Softkey Works"}, CommonName: name},
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return nil, err
	}
	root, err := x509.ParseCertificate(der)
	return &CA{root, key}, err
}

// Attested is the Config of a hardware key of the model aaguid: packed
// attestation under ca by a certificate that names the model, user verified,
// bound to the device.
func Attested(ca *CA, aaguid [16]byte) Config {
	return Config{Format: Packed, CA: ca, AAGUID: aaguid, Transports: []string{"usb"}}
}

// PEM is the root for a trust list.
func (ca *CA) PEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Root.Raw}))
}

// idFidoGenCeAAGUID (WebAuthn L3 §8.2.1).
var idFidoGenCeAAGUID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}

// issue makes an attestation key and its certificate after the rules of
// §8.2.1; a zero aaguid leaves the extension out, as U2F does.
func (ca *CA) issue(aaguid [16]byte) (*Key, []byte, error) {
	key, err := NewKey(ES256)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial,
		Subject: pkix.Name{Country: []string{"SE"}, Organization: []string{"Softkey Works"},
			OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: "Softkey"},
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		BasicConstraintsValid: true,
	}
	if aaguid != [16]byte{} {
		value, err := asn1.Marshal(aaguid[:])
		if err != nil {
			return nil, nil, err
		}
		t.ExtraExtensions = []pkix.Extension{{Id: idFidoGenCeAAGUID, Value: value}}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, ca.Root, key.Private.Public(), ca.key)
	return key, der, err
}

func (a *Authenticator) ca() (*CA, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.Config.CA == nil {
		ca, err := NewCA("Softkey Test Root")
		if err != nil {
			return nil, err
		}
		a.Config.CA = ca
	}
	return a.Config.CA, nil
}

// statement makes fmt and attStmt over authData and the client data hash.
func (a *Authenticator) statement(c *Credential, authData, clientDataHash []byte) (string, map[string]any, error) {
	switch a.Config.Format {
	case "", None:
		return "none", map[string]any{}, nil
	case PackedSelf:
		sig, err := c.Key.Sign(append(bytes.Clone(authData), clientDataHash...))
		return "packed", map[string]any{"alg": int(c.Key.Alg), "sig": sig}, err
	case Packed:
		sig, der, err := a.attested(a.Config.AAGUID, append(bytes.Clone(authData), clientDataHash...))
		return "packed", map[string]any{"alg": int(ES256), "sig": sig, "x5c": []any{der}}, err
	case FIDOU2F:
		signed, err := u2fSigned(c, authData, clientDataHash)
		if err != nil {
			return "", nil, err
		}
		sig, der, err := a.attested([16]byte{}, signed)
		return "fido-u2f", map[string]any{"sig": sig, "x5c": []any{der}}, err
	}
	return "", nil, fmt.Errorf("softkey: format %q is not known here", a.Config.Format)
}

func (a *Authenticator) attested(aaguid [16]byte, signed []byte) (sig, der []byte, err error) {
	ca, err := a.ca()
	if err != nil {
		return nil, nil, err
	}
	key, der, err := ca.issue(aaguid)
	if err != nil {
		return nil, nil, err
	}
	sig, err = key.Sign(signed)
	return sig, der, err
}

// u2fSigned is verificationData of §8.6: 0 ‖ rpIdHash ‖ hash ‖ id ‖ 04 ‖ x ‖ y.
func u2fSigned(c *Credential, authData, clientDataHash []byte) ([]byte, error) {
	pub, ok := c.Key.Private.Public().(*ecdsa.PublicKey)
	if !ok || c.Key.Alg != ES256 {
		return nil, fmt.Errorf("softkey: fido-u2f has only ES256, not %d", c.Key.Alg)
	}
	point, err := pub.Bytes()
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{{0}, authData[:32], clientDataHash, c.ID, point}, nil), nil
}
