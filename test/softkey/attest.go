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
	"sync"
	"time"
)

// Format is an attestation statement format identifier (WebAuthn L3 §8).
type Format string

const (
	None       Format = "none"
	PackedSelf Format = "packed-self" // fmt "packed", signed by the credential key
	Packed     Format = "packed"      // signed under a CA
	FIDOU2F    Format = "fido-u2f"    // signed under a CA; ES256 only
	TPM        Format = "tpm"         // by an AIK under a CA; ES256, ES384, ES512, RS256
	AndroidKey Format = "android-key" // the credential key's own certificate under a CA
	SafetyNet  Format = "android-safetynet"
	Apple      Format = "apple"    // the credential key's own certificate under a CA
	Compound   Format = "compound" // Config.Parts, or packed and android-key
)

// CA is a test manufacturer: a root that issues attestation certificates. The
// certificates are valid from 2020 to 2049, so that no test depends on today.
type CA struct {
	Root *x509.Certificate
	key  *ecdsa.PrivateKey
	sent [][]byte // between Root and an anchor, DER

	mu    sync.Mutex
	batch map[Alg]*Key // attestation keys, which a batch of devices shares; guarded by mu
}

// attestationKey is the batch's key for alg.
func (ca *CA) attestationKey(alg Alg) (*Key, error) {
	ca.mu.Lock()
	defer ca.mu.Unlock()
	if key := ca.batch[alg]; key != nil {
		return key, nil
	}
	key, err := NewKey(alg)
	if ca.batch == nil {
		ca.batch = map[Alg]*Key{}
	}
	ca.batch[alg] = key
	return key, err
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
	return &CA{Root: root, key: key}, err
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

// idFidoGenCeSerNum (§8.2.2).
var idFidoGenCeSerNum = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 2}

// certificate is what the attestation certificates of every format have in
// common; its subject is that of §8.2.1.
func certificate() *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{Country: []string{"SE"}, Organization: []string{"Softkey Works"},
			OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: "Softkey"},
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		BasicConstraintsValid: true,
	}
}

// extend adds an extension with a DER value, none where value is empty.
func extend(t *x509.Certificate, oid asn1.ObjectIdentifier, value []byte) error {
	if len(value) == 0 {
		return nil
	}
	der, err := asn1.Marshal(value)
	t.ExtraExtensions = append(t.ExtraExtensions, pkix.Extension{Id: oid, Value: der})
	return err
}

// issue signs a certificate for key after the template, with a serial number of
// its own unless the template has one.
func (ca *CA) issue(t *x509.Certificate, key *Key) ([]byte, error) {
	if t.SerialNumber == nil {
		serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
		if err != nil {
			return nil, err
		}
		t.SerialNumber = serial.Add(serial, big.NewInt(1))
	}
	return x509.CreateCertificate(rand.Reader, t, ca.Root, key.Private.Public(), ca.key)
}

// Intermediate is a CA under this one: Root is its certificate, which is then
// sent in x5c.
func (ca *CA) Intermediate(name string) (*CA, error) {
	key, err := NewKey(ES256)
	if err != nil {
		return nil, err
	}
	t := certificate()
	t.Subject.CommonName, t.IsCA, t.KeyUsage = name, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	der, err := ca.issue(t, key)
	if err != nil {
		return nil, err
	}
	root, err := x509.ParseCertificate(der)
	return &CA{Root: root, key: key.Private.(*ecdsa.PrivateKey), sent: append([][]byte{der}, ca.sent...)}, err
}

// Revoke is a list of the CA's own that revokes the certificates with these
// serial numbers.
func (ca *CA) Revoke(serials ...*big.Int) (*x509.RevocationList, error) {
	t := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: notBefore, NextUpdate: notAfter}
	for _, serial := range serials {
		t.RevokedCertificateEntries = append(t.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: serial, RevocationTime: notBefore})
	}
	der, err := x509.CreateRevocationList(rand.Reader, t, ca.Root, ca.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseRevocationList(der)
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
func (a *Authenticator) statement(c *Credential, authData, clientDataHash []byte) (string, any, error) {
	format := a.Config.Format
	if format == "" {
		format = None
	}
	if format == Compound {
		statement, err := a.compound(c, authData, clientDataHash)
		return "compound", statement, err
	}
	return a.simple(format, c, authData, clientDataHash)
}

func (a *Authenticator) simple(format Format, c *Credential, authData, clientDataHash []byte) (name string, statement map[string]any, err error) {
	hash := change(a.Config.Tamper.ClientHash, clientDataHash)
	signed := append(bytes.Clone(authData), hash...)
	name = string(format)
	switch format {
	case None:
		statement = map[string]any{}
	case PackedSelf:
		var sig []byte
		sig, err = c.Key.Sign(signed)
		name, statement = "packed", map[string]any{"alg": int(c.Key.Alg), "sig": sig}
	case Packed:
		statement, err = a.packed(signed)
	case FIDOU2F:
		statement, err = a.fidoU2F(c, authData, hash)
	case TPM:
		statement, err = a.tpm(c, signed)
	case AndroidKey:
		// Here the description is about another ceremony, not the signature.
		statement, err = a.androidKey(c, append(bytes.Clone(authData), clientDataHash...), hash)
	case SafetyNet:
		statement, err = a.safetyNet(signed)
	case Apple:
		statement, err = a.apple(c, signed)
	default:
		err = fmt.Errorf("softkey: format %q is not known here", format)
	}
	if a.Config.Tamper.Statement != nil && err == nil {
		a.Config.Tamper.Statement(statement)
	}
	return name, statement, err
}

func (a *Authenticator) packed(signed []byte) (map[string]any, error) {
	t := certificate()
	if a.Config.AAGUID != [16]byte{} {
		if err := extend(t, idFidoGenCeAAGUID, a.Config.AAGUID[:]); err != nil {
			return nil, err
		}
	}
	if err := extend(t, idFidoGenCeSerNum, a.Config.Serial); err != nil {
		return nil, err
	}
	sig, x5c, err := a.attested(t, ES256, signed)
	return map[string]any{"alg": int(ES256), "sig": sig, "x5c": x5c}, err
}

func (a *Authenticator) fidoU2F(c *Credential, authData, hash []byte) (map[string]any, error) {
	signed, err := u2fSigned(c, authData, hash)
	if err != nil {
		return nil, err
	}
	sig, x5c, err := a.attested(certificate(), ES256, signed)
	return map[string]any{"sig": sig, "x5c": x5c}, err
}

// compound is §8.9: an array of whole statements. An authenticator with none in
// Config.Parts gives a packed and an android-key one.
func (a *Authenticator) compound(c *Credential, authData, hash []byte) ([]any, error) {
	formats := a.Config.Parts
	if formats == nil {
		formats = []Format{Packed, AndroidKey}
	}
	var parts []any
	for _, format := range formats {
		name, statement, err := a.simple(format, c, authData, hash)
		if err != nil {
			return nil, err
		}
		parts = append(parts, map[string]any{"fmt": name, "attStmt": statement})
	}
	return parts, nil
}

// attested signs by the attestation key, with a new certificate, and gives x5c.
func (a *Authenticator) attested(t *x509.Certificate, alg Alg, signed []byte) (sig []byte, x5c []any, err error) {
	ca, err := a.ca()
	if err != nil {
		return nil, nil, err
	}
	key, err := ca.attestationKey(alg)
	if err != nil {
		return nil, nil, err
	}
	if x5c, err = a.certify(t, key); err != nil {
		return nil, nil, err
	}
	sig, err = key.Sign(signed)
	return sig, x5c, err
}

// certify is x5c for a key: its certificate and those between it and the root.
func (a *Authenticator) certify(t *x509.Certificate, key *Key) ([]any, error) {
	ca, err := a.ca()
	if err != nil {
		return nil, err
	}
	if a.Config.Tamper.Certificate != nil {
		a.Config.Tamper.Certificate(t)
	}
	der, err := ca.issue(t, key)
	x5c := []any{der}
	for _, between := range ca.sent {
		x5c = append(x5c, between)
	}
	return x5c, err
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
