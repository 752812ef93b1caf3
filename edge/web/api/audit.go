package api

import (
	"encoding/json"
	"net/http"
	"time"

	"holdfast/domain/authority"
	"holdfast/edge/store"
)

// Record is a record of the audit log.
type Record struct {
	Index   int64           `json:"index"`
	At      time.Time       `json:"at"`
	Type    string          `json:"type" example:"session.opened"`
	Actor   string          `json:"actor" example:"person:per_7yk2m4"`
	Subject string          `json:"subject"`
	Person  string          `json:"person,omitempty" doc:"Whose personal data it speaks of, by commitments."`
	Entry   json.RawMessage `json:"entry" doc:"The canonical bytes that are in the Merkle tree."`
}

func recordView(l store.Leaf) Record {
	return Record{l.Index, l.At, string(l.Type), l.Actor, l.Subject, string(l.Person), l.Body}
}

// Proved is a record with the proof that it is in the log.
type Proved struct {
	Record
	Proof    string `json:"proof" doc:"c2sp.org/tlog-proof: the record's place under a signed checkpoint."`
	Verifier string `json:"verifier" doc:"The log's public key, in the note format."`
}

// Checkpoint is the signed head of the log.
type Checkpoint struct {
	Checkpoint string `json:"checkpoint" doc:"c2sp.org/tlog-checkpoint. Keep it elsewhere: it shows later that the log was not cut."`
	Verifier   string `json:"verifier"`
}

func (a *API) audit() {
	read := by(authority.AuditRead)
	add(a, operation{id: "list-records", method: http.MethodGet, path: "/audit", access: read, tag: "audit",
		summary: "List records of the audit log, the newest first"}, a.listRecords)
	add(a, operation{id: "prove-record", method: http.MethodGet, path: "/audit/{index}", access: read, tag: "audit",
		summary: "Show a record and prove that it is in the log"},
		func(c call, in *struct {
			Index int64 `path:"index" minimum:"0"`
		}) (*struct{ Body Proved }, error) {
			l, p, err := a.Store.Prove(c, in.Index)
			if err != nil {
				return nil, err
			}
			return &struct{ Body Proved }{Proved{recordView(l), p.String(), a.VerifierKey}}, nil
		})
	add(a, operation{id: "get-checkpoint", method: http.MethodGet, path: "/audit/checkpoint", access: read, tag: "audit", nobodys: true,
		summary: "Give the signed head of the log"}, func(c call, _ *struct{}) (*struct{ Body Checkpoint }, error) {
		signed, err := a.Store.Checkpoint(c)
		return &struct{ Body Checkpoint }{Checkpoint{signed, a.VerifierKey}}, err
	})
}

func (a *API) listRecords(c call, in *struct {
	Paging
	Type    string    `query:"type" maxLength:"100" doc:"session.opened, or what begins so: session.*"`
	Actor   string    `query:"actor" maxLength:"200" doc:"person:per_…, or what begins so: host:*"`
	Subject string    `query:"subject" maxLength:"2000" doc:"An id."`
	Person  string    `query:"person" maxLength:"320" doc:"Id, or e-mail address: what speaks of them."`
	Since   time.Time `query:"since"`
	Before  int64     `query:"before" minimum:"0" doc:"Only older records than the one of this index."`
}) (*listed[Record], error) {
	f := store.Filter{Type: in.Type, Actor: in.Actor, Subject: in.Subject, Since: in.Since}
	var err error
	if f.Person, err = a.findAny(c, in.Person); err != nil {
		return nil, err
	}
	return paged(a, c, in.Paging, pager[store.Leaf, Record]{
		read: func(after store.Cut, limit int) ([]store.Leaf, error) {
			f.Before, f.Limit = in.Before, limit
			if after.ID != "" {
				if after.At == 0 {
					return nil, nil // there is nothing older than the first record
				}
				f.Before = after.At
			}
			return a.Store.Tail(c, f)
		},
		cut:  func(l store.Leaf) store.Cut { return store.Cut{At: l.Index, ID: "index"} },
		view: func(ls []store.Leaf) ([]Record, error) { return views(ls, recordView), nil },
	})
}
