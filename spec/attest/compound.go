package attest

import (
	"fmt"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"holdfast/spec/cose"
)

// maxParts bounds a compound statement. Nothing in the field has more than two.
const maxParts = 8

// part is one element of attStmt of L3 §8.9: {fmt, attStmt}.
type part struct {
	Fmt     *string         `cbor:"fmt"`
	AttStmt cbor.RawMessage `cbor:"attStmt"`
}

// verifyCompound is L3 §8.9, verification procedure: "For each subStmt of
// attStmt, evaluate the verification procedure corresponding to the attestation
// statement format identifier subStmt.fmt … If validation fails for one or more
// subStmt, decide the appropriate result based on Relying Party policy."
//
// The policy is the strictest: one wrong part makes the whole Invalid, and the
// whole is Verified only if every part is. What one part proves is not worth
// less for a part that proves nothing; but an authenticator that sends both has
// no need of the second, and somebody in between may have.
func verifyCompound(o Object, trust Trust, at time.Time) (Judgement, error) {
	j := Judgement{Kind: Unverified, At: at}
	parts, err := decodeParts(o.Statement)
	if err != nil {
		err = fmt.Errorf("compound: %w", err)
		return j.invalid(err), err
	}
	for i, p := range parts {
		sub := o
		sub.Format, sub.Statement = *p.Fmt, p.AttStmt
		judged, err := Verify(sub, trust, at)
		j.Parts = append(j.Parts, judged)
		if err != nil {
			err = fmt.Errorf("compound: part %d: %w", i+1, err)
			return j.invalid(err), err
		}
		j.Notes = append(j.Notes, judged.Notes...)
	}
	j.combine()
	return j, nil
}

// decodeParts: attStmt is "[2* nonCompoundAttStmt]".
func decodeParts(statement []byte) ([]part, error) {
	_, rest, err := cose.CutUnsortedItem(statement)
	if err != nil {
		return nil, err
	}
	var parts []part
	if len(rest) > 0 || statement[0]>>5 != 4 {
		return nil, refuse(Malformed, "the statement is not one CBOR array")
	}
	if err := decoding.Unmarshal(statement, &parts); err != nil {
		return nil, err
	}
	if len(parts) < 2 || len(parts) > maxParts {
		return nil, refuse(Malformed, "%d parts: 2 to %d are allowed", len(parts), maxParts)
	}
	for i, p := range parts {
		if p.Fmt == nil || len(p.AttStmt) == 0 || *p.Fmt == "compound" {
			return nil, refuse(Malformed, "part %d lacks fmt or attStmt, or is compound itself", i+1)
		}
		if err := CheckFormat(*p.Fmt); err != nil {
			return nil, refuse(Malformed, "part %d: %w", i+1, err)
		}
	}
	return parts, nil
}

// combine makes one judgement of those of the parts, none of which is Invalid.
func (j *Judgement) combine() {
	first := j.Parts[0]
	j.Certificates = first.Certificates
	for i, p := range j.Parts {
		if p.Kind != Verified {
			j.Reason, j.Why = p.Reason, fmt.Sprintf("part %d: %s", i+1, p.Why)
			return
		}
	}
	j.Kind, j.Chain, j.Root, j.AnchorFrom = Verified, first.Chain, first.Root, first.AnchorFrom
	strength := []Protection{Software, Hardware, TEE, StrongBox}
	for _, p := range j.Parts { // every part is about the same key
		j.AAGUIDProven = j.AAGUIDProven || p.AAGUIDProven
		j.AAGUIDInCertificate = j.AAGUIDInCertificate || p.AAGUIDInCertificate
		if slices.Index(strength, p.KeyProtection) > slices.Index(strength, j.KeyProtection) {
			j.KeyProtection = p.KeyProtection
		}
		if j.EnterpriseSerial == nil {
			j.EnterpriseSerial, j.Serial = p.EnterpriseSerial, p.Serial
		}
		if j.TPMManufacturer == "" {
			j.TPMManufacturer = p.TPMManufacturer
		}
	}
}
