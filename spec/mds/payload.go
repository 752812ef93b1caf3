package mds

import (
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/spec/ijson"
)

// Entry is a MetadataBLOBPayloadEntry (MDS §3.1.1) with what its metadata
// statement says that a relying party judges by.
type Entry struct {
	AAGUID         [16]byte // zero: a UAF or U2F authenticator
	AAID           string   // of UAF
	KeyIdentifiers []string // attestationCertificateKeyIdentifiers, of U2F; hex
	Description    string
	Protocol       string // protocolFamily: fido2, u2f, uaf
	// KeyProtection says where private keys are: software, hardware, tee,
	// secure_element, remote_handle.
	KeyProtection     []string
	MatcherProtection []string // where the user is verified: software, tee, on_chip
	UserVerification  []string // userVerificationMethod of any combination, each once
	AttestationTypes  []string // basic_full, basic_surrogate, attca, …
	KeyRestricted     bool     // isKeyRestricted: keys sign only what the authenticator made
	GetInfo           GetInfo
	Reports           []Report
	Changed           time.Time // timeOfLastStatusChange, a date
	Notes             []string  // what could not be read of it and does not matter enough to leave it out

	anchors []*x509.Certificate
}

// GetInfo is what the model answers to authenticatorGetInfo (CTAP 2.2 §6.4).
type GetInfo struct {
	Versions   []string
	Extensions []string
	Options    map[string]bool
	Firmware   int64
}

// HardwareProtected says whether keys of the model are in hardware of their own.
// A key whose wrapped form lies elsewhere (remote_handle) is, too.
func (e Entry) HardwareProtected() bool {
	return !slices.Contains(e.KeyProtection, "software") &&
		(slices.Contains(e.KeyProtection, "hardware") || slices.Contains(e.KeyProtection, "secure_element") || slices.Contains(e.KeyProtection, "tee"))
}

// Name is the entry's AAGUID in the usual form, its AAID, or its first key identifier.
func (e Entry) Name() string {
	switch {
	case e.AAGUID != [16]byte{}:
		return FormatAAGUID(e.AAGUID)
	case e.AAID != "":
		return e.AAID
	case len(e.KeyIdentifiers) > 0:
		return e.KeyIdentifiers[0]
	}
	return ""
}

// FormatAAGUID writes 8-4-4-4-12.
func FormatAAGUID(a [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", a[:4], a[4:6], a[6:8], a[8:10], a[10:])
}

// ParseAAGUID reads 8-4-4-4-12.
func ParseAAGUID(s string) (a [16]byte, err error) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return a, fmt.Errorf("%.40q is no AAGUID", s)
	}
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(b) != 16 {
		return a, fmt.Errorf("%.40q is no AAGUID", s)
	}
	return [16]byte(b), nil
}

// readPayload is MDS §3.1.6.
func (b *Blob) readPayload(part []byte) error {
	v, err := payloadOf(part)
	if err != nil {
		return err
	}
	no, ok := v.Get("no").Int()
	if !ok || no < 0 {
		return refuse("mds_payload", "The BLOB has no number.")
	}
	next, err := date(v.Get("nextUpdate"))
	if err != nil || next.IsZero() {
		return refuse("mds_payload", "The BLOB does not say when the next one is due.")
	}
	list := v.Get("entries")
	if list.Kind() != ijson.Array || len(list.List()) > maxEntries {
		return refuse("mds_payload", "The BLOB has no list of at most %d entries.", maxEntries)
	}
	b.No, b.NextUpdate, b.LegalHeader = no, next, strings.Clone(v.Get("legalHeader").Text())
	twice := repeated(list.List())
	for i, item := range list.List() {
		e, err := readEntry(item)
		if err == nil && twice[strings.ToLower(shorten(e.Name()))] {
			err = fmt.Errorf("there are several entries for it, which may say different things")
		}
		if err == nil {
			err = b.add(e)
		}
		if err != nil {
			b.Skipped = append(b.Skipped, Skipped{i, strings.Clone(nameOf(item)), err.Error()})
		}
	}
	return nil
}

// repeated are the names that stand more than once.
func repeated(list []ijson.Value) map[string]bool {
	seen, twice := map[string]bool{}, map[string]bool{}
	for _, item := range list {
		if name := nameOf(item); name != "" {
			twice[name] = seen[name]
			seen[name] = true
		}
	}
	return twice
}

func nameOf(v ijson.Value) string {
	for _, name := range []string{"aaguid", "aaid"} {
		if t := v.Get(name); t.Kind() == ijson.String {
			return strings.ToLower(shorten(t.Text()))
		}
	}
	if l := v.Get("attestationCertificateKeyIdentifiers").List(); len(l) > 0 {
		return strings.ToLower(shorten(l[0].Text()))
	}
	return ""
}

func shorten(s string) string {
	if len(s) > 60 {
		return s[:60]
	}
	return s
}

func (b *Blob) add(e Entry) error {
	for _, id := range e.KeyIdentifiers {
		if _, there := b.byKeyID[id]; there {
			return fmt.Errorf("the key identifier %s is another entry's", id)
		}
	}
	i := len(b.Entries)
	b.Entries = append(b.Entries, e)
	if e.AAGUID != [16]byte{} {
		b.byAAGUID[e.AAGUID] = i
	}
	for _, id := range e.KeyIdentifiers {
		b.byKeyID[id] = i
	}
	return nil
}

// date reads YYYY-MM-DD, or an instant, of which the date counts; zero where
// there is none.
func date(v ijson.Value) (time.Time, error) {
	switch v.Kind() {
	case ijson.Missing, ijson.Null:
		return time.Time{}, nil
	case ijson.String:
	default:
		return time.Time{}, fmt.Errorf("%v is no date", v.Kind())
	}
	text := v.Text()
	if len(text) > 10 && text[10] == 'T' {
		text = text[:10]
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fmt.Errorf("%.40q is no date", v.Text())
	}
	return t, nil
}
