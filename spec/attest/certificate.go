package attest

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
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

// extension is the raw value of an extension, or nil. x509.ParseCertificate
// has refused duplicates.
func extension(c *x509.Certificate, oid func() asn1.ObjectIdentifier) []byte {
	for _, e := range c.Extensions {
		if e.Id.Equal(oid()) {
			return bytes.Clone(e.Value)
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
func checkAAGUID(c *x509.Certificate, aaguid [16]byte) (bool, error) {
	for _, e := range c.Extensions {
		if !e.Id.Equal(oidAAGUID()) {
			continue
		}
		if e.Critical {
			return false, errors.New("the AAGUID extension is critical")
		}
		var inner []byte
		rest, err := asn1.Unmarshal(e.Value, &inner)
		if err != nil || len(rest) > 0 || len(inner) != 16 {
			return false, errors.New("the AAGUID extension is no OCTET STRING of 16 bytes")
		}
		if !bytes.Equal(inner, aaguid[:]) {
			return false, fmt.Errorf("the certificate is for AAGUID %x, the authenticator data for %x", inner, aaguid)
		}
		return true, nil
	}
	return false, nil
}
