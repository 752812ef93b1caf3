// Package attest verifies attestation statements (WebAuthn L3 §8) and says
// what they prove: not only a verdict but the evidence for it, so that the
// judgement can be shown later and repeated with other anchors.
//
// It refuses to know the time, to fetch anything, and to trust a root that was
// not given. A statement of a format that it does not verify is Unverified,
// never silently accepted as more.
//
// A format is one file with one function of the type verifier, entered in the
// table of verifierOf; compound, which is made of others, is verifyCompound.
package attest

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"holdfast/spec/cose"
)

// Kind says what an attestation proves.
type Kind string

const (
	Verified   Kind = "verified"   // the statement is right and its chain ends at a given root
	Self       Kind = "self"       // signed with the credential's own key: proves possession only
	None       Kind = "none"       // no statement
	Unverified Kind = "unverified" // a statement, but nothing that we trust vouches for it
	Invalid    Kind = "invalid"    // a statement that is wrong
)

// Protection says where the attested private key is, by the statement itself;
// empty if it does not say.
type Protection string

const (
	Software  Protection = "software"  // android-key: the operating system alone keeps it; tpm: it may leave the TPM
	TEE       Protection = "tee"       // android-key: trusted execution environment
	StrongBox Protection = "strongbox" // android-key: a secure element of its own
	Hardware  Protection = "hardware"  // tpm: the key can never leave the TPM; apple: Secure Enclave
)

// Anchor is a certificate at which a chain may end, and who says so.
type Anchor struct {
	Certificate *x509.Certificate
	From        string // "mds:42", "pinned:yubico-2024"
}

// Given is where Trust.Roots come from, in Judgement.AnchorFrom.
const Given = "given"

// Trust is what attestation chains may end at. The zero Trust trusts nobody.
type Trust struct {
	// Roots are certificates of attestation CAs, or attestation certificates
	// that are anchors themselves (FIDO Metadata allows both). They are good
	// for every format and model.
	Roots []*x509.Certificate
	// For gives further anchors for one statement; nil: none. FIDO Metadata
	// has them for each AAGUID, or for a fido-u2f attestation certificate by
	// its key identifier. Of fido-u2f the AAGUID given is zero, whatever the
	// authenticator data say: no signature covers it, so it must not choose
	// who is trusted.
	For func(format string, aaguid [16]byte, leaf *x509.Certificate) []Anchor
	// CRLs are consulted after a chain has been verified: one counts if the
	// issuer in that chain signed it. A certificate that is on one is revoked,
	// whenever that was.
	CRLs []*x509.RevocationList
	// TPMVendors are the TPM manufacturers that are known, by TPM_PT_MANUFACTURER
	// ("IFX\0"); nil: those of the TCG's registry.
	TPMVendors map[[4]byte]string
}

// Object is an attestation statement with all that it may speak about.
type Object struct {
	Format       string // fmt, as received
	Statement    []byte // attStmt, canonical CBOR
	AuthData     []byte
	ClientHash   [sha256.Size]byte // SHA-256 of clientDataJSON
	RPIDHash     []byte            // of authData
	AAGUID       [16]byte          // of authData
	CredentialID []byte            // of authData
	Key          cose.Key          // of authData
}

// signed is "the concatenation of authenticatorData and clientDataHash", which
// most formats bind themselves to.
func (o Object) signed() []byte {
	return append(append(make([]byte, 0, len(o.AuthData)+len(o.ClientHash)), o.AuthData...), o.ClientHash[:]...)
}

// Judgement is a verdict with its evidence.
type Judgement struct {
	Kind Kind
	// Reason and Why say why Kind is not Verified: a stable code and a
	// sentence.
	Reason Reason
	Why    string
	// At is the instant by which the certificates were judged.
	At time.Time
	// Certificates is x5c as received, the attestation certificate first.
	Certificates []*x509.Certificate
	// Chain leads from the attestation certificate to Root, which AnchorFrom
	// named ("given": one of Trust.Roots). All are empty unless Kind is
	// Verified; of a compound statement they are those of its first part.
	Chain      []*x509.Certificate
	Root       *x509.Certificate
	AnchorFrom string
	// AAGUIDProven is true if a trusted statement vouches for the AAGUID: the
	// signature covers it, and it is not zero. Else the AAGUID is a claim that
	// anybody can make.
	AAGUIDProven bool
	// AAGUIDInCertificate is true if the certificate names the same AAGUID
	// (id-fido-gen-ce-aaguid, L3 §8.2.1).
	AAGUIDInCertificate bool
	// EnterpriseSerial is the raw value of id-fido-gen-ce-sernum in an
	// enterprise attestation certificate (L3 §8.2.2), else nil. Serial is the
	// same for people: text if it is printable ASCII, else hex. It is empty
	// unless Kind is Verified.
	EnterpriseSerial []byte
	Serial           string
	// KeyProtection is where the private key is, by the statement alone. Unless
	// Kind is Verified it is empty or Software.
	KeyProtection Protection
	// TPMManufacturer is that of a tpm statement's certificate: "id:4E544300".
	TPMManufacturer string
	// Parts are the judgements of a compound statement's parts, in their order.
	Parts []Judgement
	// Notes are observations that are no reason to refuse.
	Notes []string
}

// verifier checks a statement's syntax, signature and certificate rules, and
// fills Kind, Certificates and what the certificate says. Kind is Self, None,
// or Unverified; the chain of an Unverified one without a Reason is judged
// next. Its error means Invalid.
type verifier func(Object) (Judgement, error)

// verifierOf is the table of formats that are verified.
func verifierOf(format string) verifier {
	switch format {
	case "none":
		return verifyNone
	case "packed":
		return verifyPacked
	case "tpm":
		return verifyTPM
	case "android-key":
		return verifyAndroidKey
	case "android-safetynet":
		return verifySafetyNet
	case "fido-u2f":
		return verifyFIDOU2F
	case "apple":
		return verifyApple
	}
	return nil
}

// registered are the formats of the IANA registry (RFC 8809) and of L3 §8.
func registered() []string {
	return []string{"packed", "tpm", "android-key", "android-safetynet", "fido-u2f", "apple", "none", "compound"}
}

// CheckFormat refuses a format that is not registered: what nobody has written
// down can never be judged, not even later. The match is case-sensitive.
func CheckFormat(format string) error {
	if !slices.Contains(registered(), format) {
		return fmt.Errorf("%.32q is no registered attestation statement format", format)
	}
	return nil
}

// Verify judges a statement by the certificates of trust at the instant at.
// An error means that the statement is wrong (Judgement.Kind is Invalid); one
// that is right but vouched for by nobody is Unverified without an error.
func Verify(o Object, trust Trust, at time.Time) (Judgement, error) {
	if o.Format == "compound" {
		return verifyCompound(o, trust, at)
	}
	verify := verifierOf(o.Format)
	if verify == nil {
		return Judgement{Kind: Unverified, Reason: UnknownFormat, At: at, Why: fmt.Sprintf("statements of the format %q are kept but not verified", o.Format)}, nil
	}
	j, err := verify(o)
	j.At = at
	if err != nil {
		return j.invalid(err), err
	}
	if j.Kind == Unverified && j.Reason == "" {
		j.judge(o, trust)
	}
	j.conclude(o)
	return j, nil
}

func (j Judgement) invalid(err error) Judgement {
	j.Kind, j.Reason, j.Why = Invalid, reasonOf(err), err.Error()
	j.KeyProtection = ""
	return j
}

// judge makes an Unverified judgement Verified if its chain leads to an anchor,
// none of it is revoked, and the TPM's manufacturer is known.
func (j *Judgement) judge(o Object, trust Trust) {
	chain, anchor, err := j.lead(o, trust)
	if err == nil {
		err = checkRevocation(chain, trust.CRLs)
	}
	if err == nil && o.Format == "tpm" {
		err = trust.checkVendor(j.TPMManufacturer)
	}
	if err != nil {
		j.Reason, j.Why = reasonOf(err), err.Error()
		return
	}
	j.Kind, j.Chain, j.Root, j.AnchorFrom = Verified, chain, chain[len(chain)-1], anchor
}

// conclude leaves what only a trusted statement proves to a trusted statement.
func (j *Judgement) conclude(o Object) {
	if j.Kind != Verified {
		if j.KeyProtection != Software {
			j.KeyProtection = ""
		}
		return
	}
	j.AAGUIDProven = o.Format != "fido-u2f" && o.AAGUID != [16]byte{}
	j.Serial = serialText(j.EnterpriseSerial)
}

// sameKey says whether a certificate's key is the credential's.
func (o Object) sameKey(c *x509.Certificate) bool {
	spki, err := x509.MarshalPKIXPublicKey(o.Key.Public())
	if err != nil {
		return false
	}
	theirs, err := x509.MarshalPKIXPublicKey(c.PublicKey) // not RawSubjectPublicKeyInfo: encodings differ in parameters
	return err == nil && bytes.Equal(spki, theirs)
}
