package attest

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
)

// oidKeyDescription is the Android key attestation extension (L3 §8.4.1).
func oidKeyDescription() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 1, 17}
}

// Tags of AuthorizationList, values of KM_PURPOSE, KM_ORIGIN and SecurityLevel
// (Android key attestation, extension data schema).
const (
	kmTagPurpose         = 1
	kmTagAllApplications = 600
	kmTagOrigin          = 702
	kmTagRootOfTrust     = 704

	kmPurposeSign     = 2
	kmPurposeVerify   = 3
	kmOriginGenerated = 0

	kmSoftware  = 0
	kmTEE       = 1
	kmStrongBox = 2

	// maxAuthorizations bounds a list; the schema has about 60 tags.
	maxAuthorizations = 128
)

// keyDescription is KeyDescription, as far as it matters.
type keyDescription struct {
	attestationLevel, keyLevel int // SecurityLevel
	challenge                  []byte
	software, hardware         authorizations
}

// authorizations is AuthorizationList: the contents of each [tag] EXPLICIT.
type authorizations map[int][]byte

func parseKeyDescription(der []byte) (d keyDescription, err error) {
	parts, err := sequence(der)
	if err != nil || len(parts) != 8 {
		return d, errors.New("it is no SEQUENCE of eight")
	}
	var version, keymaster int
	var attestationLevel, keyLevel asn1.Enumerated
	var uniqueID []byte
	for i, into := range []any{&version, &attestationLevel, &keymaster, &keyLevel, &d.challenge, &uniqueID} {
		if rest, err := asn1.Unmarshal(parts[i].FullBytes, into); err != nil || len(rest) > 0 {
			return d, fmt.Errorf("its element %d cannot be read", i)
		}
	}
	d.attestationLevel, d.keyLevel = int(attestationLevel), int(keyLevel)
	if d.software, err = parseAuthorizations(parts[6].FullBytes); err != nil {
		return d, fmt.Errorf("softwareEnforced: %w", err)
	}
	if d.hardware, err = parseAuthorizations(parts[7].FullBytes); err != nil {
		return d, fmt.Errorf("hardwareEnforced: %w", err)
	}
	return d, nil
}

// parseAuthorizations reads every element, known or not: a decoder that stops
// at the first tag that it does not know misses allApplications after it.
func parseAuthorizations(der []byte) (authorizations, error) {
	elements, err := sequence(der)
	if err != nil {
		return nil, err
	}
	if len(elements) > maxAuthorizations {
		return nil, errors.New("the list is too long")
	}
	list := make(authorizations, len(elements))
	for _, e := range elements {
		if e.Class != asn1.ClassContextSpecific || !e.IsCompound {
			return nil, errors.New("it holds something that is no tagged value")
		}
		if _, twice := list[e.Tag]; twice {
			return nil, fmt.Errorf("[%d] is there twice", e.Tag)
		}
		list[e.Tag] = e.Bytes
	}
	return list, nil
}

// check is what L3 §8.4 asks of both lists together. What it asks for must be
// in one of them and must not be otherwise in any.
func (d keyDescription) check() error {
	for _, list := range []authorizations{d.software, d.hardware} {
		// "The AuthorizationList.allApplications field is not present on
		// either authorization list, since PublicKeyCredential MUST be scoped
		// to the RP ID."
		if _, all := list[kmTagAllApplications]; all {
			return errors.New("the key is for all applications")
		}
		// "The value in the AuthorizationList.origin field is equal to
		// KM_ORIGIN_GENERATED."
		if _, there := list[kmTagOrigin]; there && !list.generated() {
			return errors.New("the key was not made there (origin is not KM_ORIGIN_GENERATED)")
		}
		// "The value in the AuthorizationList.purpose field is equal to
		// KM_PURPOSE_SIGN."
		if _, there := list[kmTagPurpose]; there && !list.signs() {
			return errors.New("the key is for other purposes than to sign (KM_PURPOSE_SIGN)")
		}
	}
	if !d.software.generated() && !d.hardware.generated() {
		return errors.New("no list has an origin")
	}
	if !d.software.signs() && !d.hardware.signs() {
		return errors.New("no list has a purpose")
	}
	for _, level := range []int{d.attestationLevel, d.keyLevel} {
		if level < kmSoftware || level > kmStrongBox {
			return fmt.Errorf("the security level %d is not known", level)
		}
	}
	return nil
}

// protection: "use only the teeEnforced authorization list if the RP wants to
// accept only keys from a trusted execution environment". What the operating
// system enforces, whoever took the device over enforces no more.
func (d keyDescription) protection() Protection {
	if !d.hardware.generated() || !d.hardware.signs() {
		return Software
	}
	switch min(d.attestationLevel, d.keyLevel) {
	case kmTEE:
		return TEE
	case kmStrongBox:
		return StrongBox
	}
	return Software
}

func (a authorizations) generated() bool {
	var origin int
	rest, err := asn1.Unmarshal(a[kmTagOrigin], &origin)
	return err == nil && len(rest) == 0 && origin == kmOriginGenerated
}

func (a authorizations) signs() bool {
	var purposes []int
	rest, err := asn1.UnmarshalWithParams(a[kmTagPurpose], &purposes, "set")
	other := func(p int) bool { return p != kmPurposeSign && p != kmPurposeVerify }
	return err == nil && len(rest) == 0 && slices.Contains(purposes, kmPurposeSign) && !slices.ContainsFunc(purposes, other)
}

// bootNotes says whether the operating system, which wrote the authenticator
// data, is the one that the device was made with.
func (a authorizations) bootNotes() []string {
	var root struct {
		VerifiedBootKey   []byte
		DeviceLocked      bool
		VerifiedBootState asn1.Enumerated
		VerifiedBootHash  []byte `asn1:"optional"`
	}
	if a[kmTagRootOfTrust] == nil {
		return nil
	}
	rest, err := asn1.Unmarshal(a[kmTagRootOfTrust], &root)
	switch {
	case err != nil || len(rest) > 0:
		return []string{"android-key: the root of trust cannot be read"}
	case !root.DeviceLocked || root.VerifiedBootState != 0:
		return []string{"android-key: the device is unlocked or did not start a verified system"}
	}
	return nil
}
