package host

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"time"

	"holdfast"
	"holdfast/edge/store"
	"holdfast/spec/translog"
)

// Record is a record of the log as the CLI shows one.
type Record struct {
	Index   int64           `json:"index"`
	At      time.Time       `json:"at"`
	Type    string          `json:"type"`
	Actor   string          `json:"actor"`
	Subject string          `json:"subject"`
	Person  string          `json:"person,omitempty"`
	Entry   json.RawMessage `json:"entry"` // the canonical bytes
}

func recordView(l store.Leaf) Record {
	return Record{l.Index, l.At, string(l.Type), l.Actor, l.Subject, string(l.Person), l.Body}
}

// Tail chooses records, the newest first.
type Tail struct {
	Type    string `json:"type,omitempty"`    // "session.*"
	Actor   string `json:"actor,omitempty"`   // "host:*"
	Subject string `json:"subject,omitempty"` // an id
	Person  string `json:"person,omitempty"`  // an id or an e-mail address
	Before  int64  `json:"before,omitempty"`
	Limit   int    `json:"limit,omitempty"`
}

// Verify asks for a verification of log and tables.
type Verify struct {
	LastSeen string `json:"last_seen,omitempty"` // a signed checkpoint
}

// Verified is its outcome.
type Verified struct {
	OK bool `json:"ok"`
	// Compared says that a checkpoint seen before was there to compare with:
	// without one, a log that was put back to an older state looks whole.
	Compared bool `json:"compared"`
	store.Report
}

// Proved is a record with the proof that it is in the log.
type Proved struct {
	Record
	Proof    string `json:"proof"`    // the file that "holdfast audit prove --check" takes
	Verifier string `json:"verifier"` // the log's public key
}

func (s *Server) audit() {
	reads(s, "audit/tail", func(ctx context.Context, in Tail) (any, error) {
		return s.tail(ctx, in)
	})
	on(s, "audit/verify", func(ctx context.Context, _ holdfast.Actor, in Verify) (any, error) {
		return s.verify(ctx, in)
	})
	reads(s, "audit/prove", func(ctx context.Context, in struct {
		Index int64 `json:"index"`
	}) (any, error) {
		l, p, err := s.Store.Prove(ctx, in.Index)
		return Proved{recordView(l), p.String(), s.VerifierKey}, err
	})
	on(s, "audit/checkpoint", func(ctx context.Context, _ holdfast.Actor, _ none) (any, error) {
		signed, err := s.Store.Checkpoint(ctx)
		return map[string]string{"checkpoint": signed}, err
	})
	on(s, "audit/key", func(context.Context, holdfast.Actor, none) (any, error) {
		return map[string]string{"verifier": s.VerifierKey}, nil
	})
	s.mux.HandleFunc("POST /audit/export", s.export)
}

func (s *Server) tail(ctx context.Context, in Tail) ([]Record, error) {
	f := store.Filter{Subject: in.Subject, Type: in.Type, Actor: in.Actor, Before: in.Before, Limit: in.Limit}
	if in.Person != "" {
		p, err := s.find(ctx, in.Person)
		if err != nil {
			return nil, err
		}
		f.Person = p.ID
	}
	leaves, err := s.Store.Tail(ctx, f)
	list := []Record{}
	for _, l := range leaves {
		list = append(list, recordView(l))
	}
	return list, err
}

// verify compares with the checkpoint that the caller has seen and with the
// one that this node keeps in a file outside the database.
func (s *Server) verify(ctx context.Context, in Verify) (Verified, error) {
	var lastSeen *translog.Checkpoint
	kept, err := os.ReadFile(s.CheckpointFile)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return Verified{}, err
	}
	for _, signed := range []string{string(kept), in.LastSeen} {
		if signed == "" {
			continue
		}
		c, err := translog.OpenCheckpoint(signed, s.Verifier)
		if err != nil {
			return Verified{}, holdfast.Errorf(holdfast.Invalid, "checkpoint",
				"The checkpoint given as last seen is not signed by this log's key. Use one that this server gave.").Because(err)
		}
		if lastSeen == nil || c.Size >= lastSeen.Size {
			lastSeen = &c
		}
	}
	report, err := s.Store.Verify(ctx, lastSeen)
	if report.Findings == nil {
		report.Findings = []store.Finding{}
	}
	return Verified{err == nil && report.Whole(), lastSeen != nil, report}, err
}

// export streams the log as a tar. An error on the way breaks the stream off,
// so that half an export is never taken for a whole.
func (s *Server) export(w http.ResponseWriter, r *http.Request) {
	if err := s.Govern.Looked(r.Context(), peerOf(r.Context()), "audit/export"); err != nil {
		s.Visits.JSONError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-tar")
	t := tar.NewWriter(w)
	_, err := s.Store.Export(r.Context(), translog.TarSink{W: t, At: s.Clock()})
	if err == nil {
		err = t.Close()
	}
	if err != nil {
		s.Log.ErrorContext(r.Context(), "export the audit log", "error", err)
		panic(http.ErrAbortHandler)
	}
	s.Log.InfoContext(r.Context(), "exported the audit log", "by", peerOf(r.Context()).ID)
}
