package mds

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"holdfast/spec/ijson"
)

// readEntry reads one entry. What says whom it is about, how they stand and who
// vouches for them must be right; what only describes may be odd.
//
// Texts are cloned: they would keep the whole BLOB in memory.
func readEntry(v ijson.Value) (e Entry, err error) {
	if v.Kind() != ijson.Object {
		return e, fmt.Errorf("it is %v, not an object", v.Kind())
	}
	if err := e.readName(v); err != nil {
		return e, err
	}
	if e.Changed, err = date(v.Get("timeOfLastStatusChange")); err != nil {
		return e, fmt.Errorf("timeOfLastStatusChange: %w", err)
	}
	reports := v.Get("statusReports")
	if reports.Kind() != ijson.Array {
		return e, fmt.Errorf("statusReports is %v: nobody can say how it stands", reports.Kind())
	}
	for i, item := range reports.List() {
		r, err := e.readReport(item)
		if err != nil {
			return e, fmt.Errorf("statusReports[%d]: %w", i, err)
		}
		e.Reports = append(e.Reports, r)
	}
	switch s := v.Get("metadataStatement"); s.Kind() {
	case ijson.Object:
		return e, e.readStatement(s)
	case ijson.Missing, ijson.Null: // nobody vouches for it, yet its status counts
		return e, nil
	default:
		return e, fmt.Errorf("metadataStatement is %v, not an object", s.Kind())
	}
}

func (e *Entry) readName(v ijson.Value) error {
	if a := v.Get("aaguid"); a.Kind() != ijson.Missing {
		id, err := ParseAAGUID(a.Text())
		if err != nil {
			return err
		}
		if id == ([16]byte{}) {
			return errors.New("its AAGUID is zero, which every U2F authenticator has")
		}
		e.AAGUID = id
	}
	e.AAID = strings.Clone(v.Get("aaid").Text())
	for _, item := range v.Get("attestationCertificateKeyIdentifiers").List() {
		id, err := hex.DecodeString(item.Text())
		if err != nil || len(id) != 20 {
			return fmt.Errorf("the key identifier %.60q is no SHA-1 in hex", item.Text())
		}
		e.KeyIdentifiers = append(e.KeyIdentifiers, hex.EncodeToString(id))
	}
	if e.Name() == "" {
		return errors.New("it has neither aaguid nor aaid nor attestationCertificateKeyIdentifiers")
	}
	return nil
}

// readReport is MDS §3.1.3.
func (e *Entry) readReport(v ijson.Value) (r Report, err error) {
	if r.Status = strings.Clone(v.Get("status").Text()); v.Get("status").Kind() != ijson.String || r.Status == "" {
		return r, errors.New("it has no status")
	}
	if r.Effective, err = date(v.Get("effectiveDate")); err != nil {
		return r, fmt.Errorf("effectiveDate: %w", err)
	}
	if r.Sunset, err = date(v.Get("sunsetDate")); err != nil {
		return r, fmt.Errorf("sunsetDate: %w", err)
	}
	for _, name := range []string{"certificate", "batchCertificate"} {
		text := v.Get(name).Text()
		if text == "" {
			continue
		}
		c, err := certificate(text)
		if err != nil {
			// Without it, the report is about the whole model.
			e.Notes = append(e.Notes, fmt.Sprintf("%s of a status report %s: %v", name, r.Status, err))
			r.Certificates = nil
			break
		}
		r.Certificates = append(r.Certificates, c)
	}
	r.Version, _ = v.Get("authenticatorVersion").Int()
	r.FIPSRevision, _ = v.Get("fipsRevision").Int()
	r.FIPSPhysical, _ = v.Get("fipsPhysicalSecurityLevel").Int()
	for name, into := range map[string]*string{"url": &r.URL, "certificationDescriptor": &r.Descriptor, "certificateNumber": &r.Number,
		"certificationPolicyVersion": &r.Policy, "certificationRequirementsVersion": &r.Requirements} {
		*into = strings.Clone(v.Get(name).Text())
	}
	r.Profiles = e.texts(v, "certificationProfiles")
	return r, nil
}

// readStatement is the Metadata Statement §4. Its icon, its texts in other
// languages and what it says of displays and biometrics are not kept.
func (e *Entry) readStatement(v ijson.Value) error {
	if inner := v.Get("aaguid").Text(); inner != "" && e.AAGUID != ([16]byte{}) && !strings.EqualFold(inner, FormatAAGUID(e.AAGUID)) {
		return fmt.Errorf("its metadata statement is about %.40q", inner)
	}
	e.Description = strings.Clone(v.Get("description").Text())
	e.Protocol = strings.Clone(v.Get("protocolFamily").Text())
	e.KeyProtection = e.texts(v, "keyProtection")
	e.MatcherProtection = e.texts(v, "matcherProtection")
	e.AttestationTypes = e.texts(v, "attestationTypes")
	e.KeyRestricted = v.Get("isKeyRestricted").Kind() != ijson.False // "defaults to true"
	for _, combination := range v.Get("userVerificationDetails").List() {
		for _, d := range combination.List() {
			method := d.Get("userVerificationMethod").Text()
			if method != "" && !slices.Contains(e.UserVerification, method) {
				e.UserVerification = append(e.UserVerification, strings.Clone(method))
			}
		}
	}
	for i, item := range v.Get("attestationRootCertificates").List() {
		c, err := certificate(item.Text())
		if err != nil {
			e.Notes = append(e.Notes, fmt.Sprintf("attestationRootCertificates[%d]: %v", i, err))
			continue
		}
		e.anchors = append(e.anchors, c)
	}
	e.readGetInfo(v.Get("authenticatorGetInfo"))
	return nil
}

// readGetInfo reads what is there. Options are true, false or, in BLOBs of the
// conformance tests, these words as strings.
func (e *Entry) readGetInfo(v ijson.Value) {
	if v.Kind() != ijson.Object {
		return
	}
	inner := strings.ReplaceAll(v.Get("aaguid").Text(), "-", "")
	if inner != "" && e.AAGUID != ([16]byte{}) && !strings.EqualFold(inner, hex.EncodeToString(e.AAGUID[:])) {
		e.Notes = append(e.Notes, fmt.Sprintf("authenticatorGetInfo is of %.40q", inner))
	}
	e.GetInfo.Versions, e.GetInfo.Extensions = e.texts(v, "versions"), e.texts(v, "extensions")
	e.GetInfo.Firmware, _ = v.Get("firmwareVersion").Int()
	options := v.Get("options")
	for name := range options.Names() {
		o := options.Get(name)
		on := o.Kind() == ijson.True || o.Text() == "true"
		if !on && o.Kind() != ijson.False && o.Text() != "false" {
			e.Notes = append(e.Notes, fmt.Sprintf("authenticatorGetInfo: the option %.40q is %v", name, o.Kind()))
			continue
		}
		if e.GetInfo.Options == nil {
			e.GetInfo.Options = map[string]bool{}
		}
		e.GetInfo.Options[strings.Clone(name)] = on
	}
}

// texts reads a list of strings; what is none in it is noted.
func (e *Entry) texts(v ijson.Value, name string) (out []string) {
	for _, item := range v.Get(name).List() {
		if item.Kind() != ijson.String {
			e.Notes = append(e.Notes, fmt.Sprintf("%s holds %v", name, item.Kind()))
			continue
		}
		out = append(out, strings.Clone(item.Text()))
	}
	return out
}
