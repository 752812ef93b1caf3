package attest

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// TPMVendors is Table 2 of the TCG's TPM Vendor ID Registry, Family 1.2 and
// 2.0, version 1.08 of 2026-07-20: the values of TPM_PT_MANUFACTURER. Those for
// simulators and conformance tests are not among them.
func TPMVendors() map[[4]byte]string {
	return map[[4]byte]string{
		{'A', 'M', 'D', 0}:   "AMD",
		{'A', 'N', 'T', 0}:   "Ant Group",
		{'A', 'R', 'M', 0}:   "Arm",
		{'A', 'T', 'M', 'L'}: "Atmel",
		{'B', 'R', 'C', 'M'}: "Broadcom",
		{'C', 'S', 'C', 'O'}: "Cisco",
		{'F', 'L', 'Y', 'S'}: "Flyslice Technologies",
		{'G', 'O', 'O', 'G'}: "Google",
		{'H', 'I', 'S', 'I'}: "Huawei",
		{'H', 'P', 'E', 0}:   "HPE",
		{'H', 'P', 'I', 0}:   "HPI",
		{'I', 'B', 'M', 0}:   "IBM",
		{'I', 'F', 'X', 0}:   "Infineon",
		{'I', 'N', 'T', 'C'}: "Intel",
		{'L', 'E', 'N', 0}:   "Lenovo",
		{'M', 'S', 'F', 'T'}: "Microsoft",
		{'N', 'S', 'G', 0}:   "NSING",
		{'N', 'S', 'M', ' '}: "National Semiconductor",
		{'N', 'T', 'C', 0}:   "Nuvoton Technology",
		{'N', 'T', 'Z', 0}:   "Nationz",
		{'Q', 'C', 'O', 'M'}: "Qualcomm",
		{'R', 'O', 'C', 'C'}: "Fuzhou Rockchip",
		{'S', 'E', 'A', 'L'}: "Wisekey",
		{'S', 'E', 'C', 'E'}: "SecEdge",
		{'S', 'M', 'S', 'C'}: "SMSC",
		{'S', 'M', 'S', 'N'}: "Samsung",
		{'S', 'N', 'S', 0}:   "Sinosun",
		{'S', 'T', 'M', ' '}: "STMicroelectronics",
		{'T', 'X', 'N', 0}:   "Texas Instruments",
		{'W', 'E', 'C', 0}:   "Winbond",
	}
}

// checkVendor refuses a TPM of a manufacturer that is not known. A CA for many
// manufacturers would else vouch for a simulator.
func (t Trust) checkVendor(manufacturer string) error {
	vendors := t.TPMVendors
	if vendors == nil {
		vendors = TPMVendors()
	}
	id, err := vendorID(manufacturer)
	if err != nil {
		return err
	}
	if _, ok := vendors[id]; !ok {
		return refuse(UnknownVendor, "the TPM's manufacturer %s is not known", manufacturer)
	}
	return nil
}

// vendorID reads "id:4E544300".
func vendorID(text string) (id [4]byte, err error) {
	digits, ok := strings.CutPrefix(text, "id:")
	b, err := hex.DecodeString(digits)
	if !ok || err != nil || len(b) != len(id) {
		return id, fmt.Errorf("the TPM's manufacturer is %.32q, not \"id:\" and eight hexadecimal digits", text)
	}
	return [4]byte(b), nil
}

// tpmManufacturer finds the manufacturer in a subjectAltName as the TCG's EK
// Credential Profile, §3.2.9, has it: a directoryName with tcg-at-tpmManufacturer,
// tcg-at-tpmModel and tcg-at-tpmVersion, in one relative name or in three.
func tpmManufacturer(san []byte) (string, error) {
	found := map[string]string{}
	names, err := sequence(san)
	if err != nil {
		return "", errors.New("the subject alternative name cannot be read")
	}
	for _, name := range names {
		if name.Class != asn1.ClassContextSpecific || name.Tag != 4 { // directoryName
			continue
		}
		var rdns pkix.RDNSequence
		if rest, err := asn1.Unmarshal(name.Bytes, &rdns); err != nil || len(rest) > 0 {
			return "", errors.New("the directory name cannot be read")
		}
		for _, rdn := range rdns {
			for _, attribute := range rdn {
				oid, value := attribute.Type.String(), fmt.Sprint(attribute.Value)
				if _, twice := found[oid]; twice {
					return "", errors.New("the directory name says a thing twice")
				}
				found[oid] = value
			}
		}
	}
	for _, oid := range []string{"2.23.133.2.1", "2.23.133.2.2", "2.23.133.2.3"} {
		if found[oid] == "" {
			return "", errors.New("the directory name lacks the TPM's manufacturer, model or version")
		}
	}
	manufacturer := found["2.23.133.2.1"]
	_, err = vendorID(manufacturer)
	return manufacturer, err
}

// sequence is the elements of a DER SEQUENCE and nothing after it.
func sequence(der []byte) (elements []asn1.RawValue, err error) {
	var outer asn1.RawValue
	rest, err := asn1.Unmarshal(der, &outer)
	if err != nil || len(rest) > 0 || outer.Class != asn1.ClassUniversal || outer.Tag != asn1.TagSequence || !outer.IsCompound {
		return nil, errors.New("not one SEQUENCE")
	}
	for rest = outer.Bytes; len(rest) > 0; {
		var e asn1.RawValue
		if rest, err = asn1.Unmarshal(rest, &e); err != nil {
			return nil, err
		}
		elements = append(elements, e)
	}
	return elements, nil
}
