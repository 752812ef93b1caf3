package api

import (
	"cmp"
	"crypto/x509"
	"encoding/base64"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/edge/metadata"
	"holdfast/edge/store"
	"holdfast/spec/mds"
)

// Metadata is which BLOB of the FIDO Metadata Service authenticators are judged
// by.
type Metadata struct {
	State      string         `json:"state" enum:"none,current,due,overdue" doc:"due: the next one is due. overdue: for longer than mds_max_age, which is an alarm; it stays in force."`
	No         int64          `json:"no" doc:"Its serial number, which never goes back."`
	NextUpdate string         `json:"next_update,omitempty" example:"2026-12-01" doc:"When the next one is due."`
	Models     int64          `json:"models"`
	Skipped    []SkippedEntry `json:"skipped" nullable:"false" doc:"Entries that make no sense and were left out."`
	ID         string         `json:"id,omitempty" doc:"SHA-256 of the BLOB."`
	Size       int64          `json:"size,omitempty" doc:"In bytes."`
	Imported   time.Time      `json:"imported,omitzero"`
	By         string         `json:"by,omitempty"`
	Found      string         `json:"found,omitempty" doc:"The file or address that it came from."`
	Root       string         `json:"root,omitempty" doc:"SHA-256 of the root certificate that vouches for it."`
	RootName   string         `json:"root_name,omitempty"`
	Legal      string         `json:"legal,omitempty" doc:"The terms under which FIDO gives it out."`
	MaxAge     string         `json:"max_age" example:"720h0m0s" doc:"How long it may be overdue."`
	Source     string         `json:"source,omitempty" doc:"Where newer ones are looked for every hour; missing: they are imported by hand."`
	Looked     time.Time      `json:"looked,omitzero" doc:"When this server looked there last."`
	Failed     string         `json:"failed,omitempty" doc:"Why that look brought nothing."`
}

// SkippedEntry is an entry that was left out.
type SkippedEntry struct {
	Model string `json:"model"`
	Why   string `json:"why"`
}

func metadataView(s metadata.Status) Metadata {
	r := s.Record
	v := Metadata{State: string(s.State), No: r.No, Models: r.Models, ID: r.ID, Size: r.Size, Imported: r.Imported, By: r.By, Found: r.Source,
		Legal: r.Legal, MaxAge: s.MaxAge.String(), Source: s.Source, Looked: s.Looked, Failed: s.Failed, Skipped: []SkippedEntry{}}
	for _, e := range s.Skipped {
		v.Skipped = append(v.Skipped, SkippedEntry{e.Model, e.Why})
	}
	if r.ID == "" {
		return v
	}
	v.NextUpdate, v.Root = r.NextUpdate.Format(time.DateOnly), r.Fingerprint()
	if c, err := x509.ParseCertificate(r.Root); err == nil {
		v.RootName = c.Subject.String()
	}
	return v
}

// Model is a model of authenticators, as the metadata have it today.
type Model struct {
	Model         string   `json:"model" doc:"Its AAGUID; of UAF its AAID; of U2F the first identifier of its attestation keys."`
	AAGUID        string   `json:"aaguid,omitempty"`
	Description   string   `json:"description"`
	Level         string   `json:"level" example:"FIDO_CERTIFIED_L2" doc:"The highest certification in force; empty: none."`
	FIPS          int      `json:"fips" minimum:"0" maximum:"4" doc:"Overall level of its FIPS 140 certificate; 0: none."`
	Standing      string   `json:"standing" enum:"good,bad" doc:"bad: the metadata report what makes it less than it was certified to be."`
	Bad           []string `json:"bad" nullable:"false" example:"REVOKED"`
	KeyProtection []string `json:"key_protection" nullable:"false" example:"hardware,secure_element"`
	Hardware      bool     `json:"hardware" doc:"Keys are in hardware."`
}

// ModelDetail is all of it.
type ModelDetail struct {
	Model
	Protocol         string         `json:"protocol,omitempty"`
	Statuses         []string       `json:"statuses" nullable:"false" doc:"In force today."`
	Reports          []StatusReport `json:"reports" nullable:"false"`
	Changed          string         `json:"changed,omitempty" doc:"The date of the last report."`
	Anchors          []ModelAnchor  `json:"anchors" nullable:"false" doc:"Certificates that an attestation may end at."`
	Compromised      []ModelAnchor  `json:"compromised" nullable:"false" doc:"Certificates whose key is compromised: no attestation of theirs counts."`
	UserVerification []string       `json:"user_verification" nullable:"false"`
	AttestationTypes []string       `json:"attestation_types" nullable:"false"`
	Notes            []string       `json:"notes" nullable:"false" doc:"What could not be read of its entry."`
}

// StatusReport is a status report.
type StatusReport struct {
	Status    string `json:"status"`
	Effective string `json:"effective,omitempty"`
	Sunset    string `json:"sunset,omitempty"`
	Number    string `json:"certificate_number,omitempty"`
	URL       string `json:"url,omitempty"`
}

// ModelAnchor is a certificate.
type ModelAnchor struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

func modelView(e mds.Entry, now time.Time) Model {
	s := e.Status(now)
	v := Model{Model: e.Name(), Description: e.Description, Level: s.Level.String(), FIPS: s.FIPS, Standing: "good",
		Bad: texts(s.Bad), KeyProtection: texts(e.KeyProtection), Hardware: e.HardwareProtected()}
	if e.AAGUID != [16]byte{} {
		v.AAGUID = v.Model
	}
	if len(s.Bad) > 0 {
		v.Standing = "bad"
	}
	return v
}

func detailView(e mds.Entry, now time.Time) ModelDetail {
	s := e.Status(now)
	v := ModelDetail{Model: modelView(e, now), Protocol: e.Protocol, Statuses: texts(s.Current), Reports: []StatusReport{}, Changed: dateOnly(e.Changed),
		Anchors: anchors(e.AnchorsAt(now)), Compromised: anchors(s.Batches), UserVerification: texts(e.UserVerification),
		AttestationTypes: texts(e.AttestationTypes), Notes: texts(e.Notes)}
	for _, r := range e.Reports {
		v.Reports = append(v.Reports, StatusReport{r.Status, dateOnly(r.Effective), dateOnly(r.Sunset), r.Number, r.URL})
	}
	return v
}

func anchors(all []*x509.Certificate) []ModelAnchor {
	out := []ModelAnchor{}
	for _, c := range all {
		out = append(out, ModelAnchor{c.Subject.String(), mds.Fingerprint(c)})
	}
	return out
}

func dateOnly(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// texts is never null.
func texts(s []string) []string { return append([]string{}, s...) }

const typeJOSE = "application/jose" // RFC 7515 §9.2.1

func (a *API) metadata() {
	read, write := by(authority.PolicyRead), by(authority.PolicyWrite)
	add(a, operation{id: "get-metadata", method: http.MethodGet, path: "/mds", access: read, tag: "metadata", nobodys: true,
		summary: "Show which FIDO metadata authenticators are judged by"}, func(c call, _ *struct{}) (*struct{ Body Metadata }, error) {
		s, err := a.Metadata.Status(c)
		return &struct{ Body Metadata }{metadataView(s)}, err
	})
	add(a, operation{id: "import-metadata", method: http.MethodPost, path: "/mds", access: write, tag: "metadata", body: mds.MaxBytes + 2,
		summary: "Import a BLOB of the FIDO Metadata Service",
		more: "The body is the BLOB as FIDO gives it out, at most 32 MiB. It is verified to one of the roots of the configuration, or to FIDO's own. " +
			"One that is not genuine is refused with a code that says what is wrong (mds_signature, mds_chain, mds_root, mds_truncated …), " +
			"one that is older than the current one with mds_older; the current one stays.",
		raw: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{typeJOSE: {Schema: &huma.Schema{Type: "string"}}}}},
		a.importMetadata)
	add(a, operation{id: "list-models", method: http.MethodGet, path: "/mds/models", access: read, tag: "metadata", nobodys: true,
		summary: "List the models of authenticators that the metadata know"}, a.listModels)
	add(a, operation{id: "get-model", method: http.MethodGet, path: "/mds/models/{model}", access: read, tag: "metadata", nobodys: true,
		summary: "Show a model"},
		func(c call, in *struct {
			Model string `path:"model" maxLength:"100" doc:"AAGUID, or the key identifier of a U2F attestation certificate."`
		}) (*struct{ Body ModelDetail }, error) {
			b, err := a.Metadata.Current(c)
			if err != nil {
				return nil, err
			}
			e, ok := b.ByKeyIdentifier(strings.ToLower(in.Model))
			if id, err := mds.ParseAAGUID(strings.ToLower(in.Model)); err == nil {
				e, ok = b.Model(id)
			}
			if !ok {
				return nil, holdfast.Errorf(holdfast.NotFound, "no_such_model", "The metadata do not know this model.")
			}
			return &struct{ Body ModelDetail }{detailView(e, a.Clock())}, nil
		})
}

func (a *API) importMetadata(c call, in *struct {
	From        string `query:"from" maxLength:"500" doc:"Where it was found, for the record."`
	Root        string `query:"root" maxLength:"8000" doc:"A root certificate (DER, base64url) to verify it by instead. For the host's administrator alone."`
	ContentType string `header:"Content-Type" hidden:"true"`
	RawBody     []byte
}) (*struct{ Body Metadata }, error) {
	if kind, _, _ := mime.ParseMediaType(in.ContentType); kind != typeJOSE {
		return nil, holdfast.Errorf(holdfast.Invalid, "content_type", "Send the BLOB as it is, with Content-Type: application/jose.")
	}
	var root *x509.Certificate
	if in.Root != "" {
		if c.Actor.Kind != holdfast.ActorHost {
			return nil, holdfast.Errorf(holdfast.Denied, "mds_root_by_host",
				"Only the host's administrator says whom to trust for metadata: name the root in mds_root_files, or import on the host.")
		}
		der, err := base64.RawURLEncoding.DecodeString(in.Root)
		if err == nil {
			root, err = x509.ParseCertificate(der)
		}
		if err != nil {
			return nil, holdfast.Errorf(holdfast.Invalid, "mds_root", "The root that was given is no certificate.").Because(err)
		}
	}
	if _, err := a.Metadata.Import(c, c.Actor, in.RawBody, root, in.From); err != nil {
		return nil, err
	}
	s, err := a.Metadata.Status(c)
	return &struct{ Body Metadata }{metadataView(s)}, err
}

func (a *API) listModels(c call, in *struct {
	Paging
	Query string `query:"query" maxLength:"200" doc:"Text in the description, or the beginning of the AAGUID."`
	Bad   string `query:"bad" enum:"true,false" doc:"true: only those whose standing is bad."`
}) (*listed[Model], error) {
	b, err := a.Metadata.Current(c)
	if err != nil {
		return nil, err
	}
	now, query := a.Clock(), strings.ToLower(in.Query)
	var all []Model
	for _, e := range b.Entries {
		v := modelView(e, now)
		found := strings.HasPrefix(v.Model, query) || strings.Contains(strings.ToLower(v.Description), query)
		if found && (in.Bad != "true" || v.Standing == "bad") {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(x, y Model) int { return cmp.Compare(x.Model, y.Model) })
	return paged(a, c, in.Paging, pager[Model, Model]{
		read: func(after store.Cut, limit int) ([]Model, error) {
			from, found := slices.BinarySearchFunc(all, after.ID, func(m Model, id string) int { return cmp.Compare(m.Model, id) })
			if found {
				from++
			}
			return all[from:min(len(all), from+limit)], nil
		},
		cut:  func(m Model) store.Cut { return store.Cut{ID: m.Model} },
		view: func(ms []Model) ([]Model, error) { return ms, nil },
	})
}
