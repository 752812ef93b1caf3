// Package metadata is about which BLOB of the FIDO Metadata Service the
// organisation judges authenticators by: the one with the highest number that
// was ever imported. It refuses to go back, however good the signature of an
// older BLOB is: whoever could put one in would undo a revocation.
//
// What a BLOB says, and whether it is genuine, is spec/mds.
package metadata

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/spec/mds"
)

// Imported is the event of a BLOB that became the current one.
const Imported audit.Type = "metadata.imported"

// Record is a BLOB that was imported. Its bytes are beside it: they have some
// megabytes, and ID binds them.
type Record struct {
	ID         string // SHA-256 of the BLOB as it came, hex
	No         int64
	NextUpdate time.Time // a date
	Imported   time.Time // by which its signer's certificates were judged
	By         string    // who did it, "host:root", "system"
	Source     string    // where it was found: a file's name, an address
	Root       []byte    // the root that vouches for it, DER
	Size       int64     // in bytes
	Models     int64
	Skipped    int64 // entries that made no sense
	Legal      string
}

func (*Record) Table() string { return "metadata_blob" }

func (r *Record) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &r.ID)
	audit.IntColumn(c, "no", &r.No)
	c.Time("next_update", &r.NextUpdate)
	c.Time("imported", &r.Imported)
	audit.StringColumn(c, "by_actor", &r.By)
	audit.StringColumn(c, "source", &r.Source)
	c.Bytes("root", &r.Root)
	audit.IntColumn(c, "size", &r.Size)
	audit.IntColumn(c, "models", &r.Models)
	audit.IntColumn(c, "skipped", &r.Skipped)
	audit.StringColumn(c, "legal", &r.Legal)
}

// ID is that of a BLOB.
func ID(jwt []byte) string {
	sum := sha256.Sum256(jwt)
	return hex.EncodeToString(sum[:])
}

// Fingerprint is the SHA-256 of the root, hex.
func (r Record) Fingerprint() string { return ID(r.Root) }

// Import makes b, which jwt holds and which was verified, the current BLOB. The
// current one again is no event. The zero Record is before the first.
func Import(current Record, jwt []byte, b *mds.Blob, by holdfast.Actor, source string, now time.Time) (Record, []audit.Event, error) {
	r := Record{ID: ID(jwt), No: b.No, NextUpdate: b.NextUpdate, Imported: now, By: strings.TrimSuffix(string(by.Kind)+":"+by.ID, ":"), Source: source,
		Root: b.Root.Raw, Size: int64(len(jwt)), Models: int64(len(b.Entries)), Skipped: int64(len(b.Skipped)), Legal: b.LegalHeader}
	switch {
	case current.ID == "":
	case r.ID == current.ID:
		return current, nil, nil
	case r.No == current.No:
		return current, nil, holdfast.Errorf(holdfast.Conflict, "mds_older",
			"The BLOB has the number %d, as the current one has, and says something else. The current one stays. Fetch the newest.", r.No)
	case r.No < current.No:
		return current, nil, holdfast.Errorf(holdfast.Conflict, "mds_older",
			"The BLOB has the number %d, and the current one %d. Metadata never go back: the current one stays.", r.No, current.No)
	}
	e := audit.New(Imported, r.ID, "", audit.Set(&r)).With("no", fmt.Sprint(r.No)).With("before", fmt.Sprint(current.No))
	return r, []audit.Event{e}, nil
}

// Blob reads the bytes of r, and verifies them as they were when they were
// imported: by the root of then, at the time of then. A BLOB stays good when
// its signer's certificate is over, so that authenticators are judged by the
// last one known rather than by none.
func (r Record) Blob(jwt []byte) (*mds.Blob, error) {
	if ID(jwt) != r.ID {
		return nil, holdfast.Errorf(holdfast.Internal, "mds_damaged",
			"The metadata BLOB %d in the database is not the one that was imported. Import it again.", r.No)
	}
	root, err := x509.ParseCertificate(r.Root)
	if err != nil {
		return nil, holdfast.Errorf(holdfast.Internal, "mds_damaged", "The root of the metadata BLOB %d cannot be read. Import it again.", r.No).Because(err)
	}
	return mds.Parse(jwt, []*x509.Certificate{root}, r.Imported)
}

// State is how fresh the current BLOB is.
type State string

const (
	None    State = "none"    // none was imported
	Current State = "current" // the next one is not due
	Due     State = "due"     // the next one is due
	Overdue State = "overdue" // for longer than it may: an alarm. It stays in force
)

// MaxAge is how long after its next update a BLOB may be the current one,
// unless the configuration says otherwise.
const MaxAge = 30 * 24 * time.Hour

// State at now. The day of the next update itself is in time.
func (r Record) State(now time.Time, maxAge time.Duration) State {
	due := r.NextUpdate.AddDate(0, 0, 1)
	switch {
	case r.ID == "":
		return None
	case now.Before(due):
		return Current
	case now.Before(due.Add(maxAge)):
		return Due
	}
	return Overdue
}
