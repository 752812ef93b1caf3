package host

import (
	"archive/tar"
	"context"
	"errors"
	"net/http"
	"os"

	"holdfast"
	"holdfast/edge/store"
	"holdfast/spec/translog"
)

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

func (s *Server) audit() {
	on(s, "audit/verify", func(ctx context.Context, _ holdfast.Actor, in Verify) (any, error) {
		return s.verify(ctx, in)
	})
	on(s, "audit/key", func(context.Context, holdfast.Actor, struct{}) (any, error) {
		return map[string]string{"verifier": s.VerifierKey}, nil
	})
	s.mux.HandleFunc("POST /audit/export", s.export)
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
