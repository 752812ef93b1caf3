package attest

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// oidAAGUID is id-fido-gen-ce-aaguid: the AAGUID of the model (L3 §8.2.1).
func oidAAGUID() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}
}

// oidSerial is id-fido-gen-ce-sernum: the serial number of the very device, in
// enterprise attestation (L3 §8.2.2).
func oidSerial() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 2}
}

// extension is an extension, or nil. x509.ParseCertificate has refused
// duplicates.
func extension(c *x509.Certificate, oid asn1.ObjectIdentifier) *pkix.Extension {
	for i := range c.Extensions {
		if c.Extensions[i].Id.Equal(oid) {
			return &c.Extensions[i]
		}
	}
	return nil
}

// checkPackedCertificate is L3 §8.2.1.
func checkPackedCertificate(c *x509.Certificate) error {
	s := c.Subject
	switch {
	case c.Version != 3:
		return fmt.Errorf("version %d instead of 3", c.Version)
	case len(s.Country) != 1 || !isCountry(s.Country[0]):
		return fmt.Errorf("Subject-C %q is no ISO 3166 code", s.Country)
	case len(s.Organization) == 0 || strings.TrimSpace(s.Organization[0]) == "":
		return errors.New("Subject-O is missing")
	case !slices.Equal(s.OrganizationalUnit, []string{"Authenticator Attestation"}):
		return fmt.Errorf("Subject-OU is %q instead of \"Authenticator Attestation\"", s.OrganizationalUnit)
	case s.CommonName == "":
		return errors.New("Subject-CN is missing")
	case !c.BasicConstraintsValid || c.IsCA:
		return errors.New("the Basic Constraints extension does not say that it is no CA")
	}
	return nil
}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

// checkAAGUID compares the extension id-fido-gen-ce-aaguid, where there is
// one, and says whether there is. "The extension MUST NOT be marked as
// critical"; its value is an OCTET STRING of 16 bytes.
//
// DIVERGES: L3 asks for it of packed and tpm only. A certificate that names
// another model is wrong in every format; but not in fido-u2f, where the
// AAGUID of authData is zero whatever the device is.
func checkAAGUID(c *x509.Certificate, aaguid [16]byte) (bool, error) {
	e := extension(c, oidAAGUID())
	if e == nil {
		return false, nil
	}
	if e.Critical {
		return false, refuse(CertificateRules, "the AAGUID extension is critical")
	}
	inner, err := octets(e.Value)
	if err != nil || len(inner) != 16 {
		return false, refuse(CertificateRules, "the AAGUID extension is no OCTET STRING of 16 bytes")
	}
	if !bytes.Equal(inner, aaguid[:]) {
		return false, refuse(AAGUIDMismatch, "the certificate is for AAGUID %x, the authenticator data for %x", inner, aaguid)
	}
	return true, nil
}

// checkSerial reads id-fido-gen-ce-sernum (L3 §8.2.2): "MUST NOT be marked as
// critical, and the corresponding value is encoded as an OCTET STRING".
func checkSerial(c *x509.Certificate) ([]byte, error) {
	e := extension(c, oidSerial())
	if e == nil {
		return nil, nil
	}
	if inner, err := octets(e.Value); e.Critical || err != nil || len(inner) == 0 {
		return nil, refuse(CertificateRules, "the serial number extension is critical or no OCTET STRING")
	}
	return bytes.Clone(e.Value), nil
}

// serialText is a serial number for people, of the raw value of its extension.
// Yubico's are numbers in binary, others print text.
func serialText(value []byte) string {
	inner, err := octets(value)
	if err != nil {
		return ""
	}
	for _, c := range inner {
		if c < 0x21 || c > 0x7e {
			return hex.EncodeToString(inner)
		}
	}
	return string(inner)
}

func octets(der []byte) (inner []byte, err error) {
	rest, err := asn1.Unmarshal(der, &inner)
	if err == nil && len(rest) > 0 {
		err = errors.New("data follows the OCTET STRING")
	}
	return inner, err
}
