package attest

import (
	"errors"
	"fmt"
)

// Reason is the stable code of why a statement is not Verified. Judgement.Why
// says the same in a sentence. docs/attestation.md lists them.
type Reason string

// The statement is right, or there is none, but it proves nothing here.
const (
	NoStatement    Reason = "no_statement"
	SelfAttested   Reason = "self_attested"
	UnknownFormat  Reason = "unknown_format"
	RetiredFormat  Reason = "retired_format"      // android-safetynet
	SoftwareKey    Reason = "software_key"        // android-key: the key is not in hardware
	UnknownVendor  Reason = "unknown_tpm_vendor"  // tpm: no registered manufacturer
	NoRoot         Reason = "no_root"             // nobody is trusted
	NoAnchor       Reason = "no_anchor_for_model" // nobody is trusted for this model
	NoTime         Reason = "no_time"             // certificates cannot be judged
	UntrustedChain Reason = "untrusted_chain"     // it ends nowhere that is trusted
	Expired        Reason = "certificate_expired"
	NotYetValid    Reason = "certificate_not_yet_valid"
	CriticalUnread Reason = "unknown_critical_extension"
	Revoked        Reason = "revoked" // by a given CRL
)

// The statement is wrong: Kind is Invalid.
const (
	Malformed         Reason = "malformed_statement"   // syntax: cut off, unknown member, a structure that cannot be read
	BadCertificate    Reason = "malformed_certificate" // x5c holds something that is no certificate
	CertificateRules  Reason = "certificate_rules"     // the attestation certificate breaks the rules of its format
	AAGUIDMismatch    Reason = "aaguid_mismatch"       // the certificate is for another model
	SignatureMismatch Reason = "signature_invalid"     // over other data, by another key or with another algorithm
	BindingMismatch   Reason = "binding_mismatch"      // signed, but about other authenticator or client data
	KeyMismatch       Reason = "key_mismatch"          // signed, but about another key
	KeyProperties     Reason = "key_properties"        // the attested key is not one made here to sign with
	ImpossibleFlags   Reason = "impossible_flags"      // flags that an authenticator of this kind cannot set
	FailedIntegrity   Reason = "integrity_failed"      // android-safetynet: the device failed Google's check
	WrongTime         Reason = "timestamp_invalid"     // android-safetynet
)

// refusal is an error with its reason.
type refusal struct {
	reason Reason
	err    error
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

func refuse(reason Reason, format string, args ...any) error {
	return &refusal{reason, fmt.Errorf(format, args...)}
}

// reasonOf is the reason of the outermost refusal in err. What was not even
// read far enough to say more is malformed.
func reasonOf(err error) Reason {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.reason
	}
	return Malformed
}
