// Package backup writes everything that a deployment is into one encrypted
// file, while it runs, and puts such a file back: elsewhere, on the other
// database engine, or below a newer Holdfast.
//
// A backup is age(gzip(lines of JSON)): a header, then each table with its
// rows, then a last line that counts them. It is read in one snapshot and
// written as it is read, so neither side needs memory for it.
//
// Package backup refuses to write a backup that is not encrypted, unless it is
// told so by a name that says danger; to replace a file; to put anything into a
// place that is not empty; and to put in place what its own audit log does not
// explain, row for row.
package backup

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"holdfast"
	"holdfast/edge/keys"
	"holdfast/edge/store"
)

// A Source is a deployment as it is backed up.
type Source struct {
	Store   store.Config // its place and Verifier
	Key     string       // the log's public key, note format
	Master  keys.Master
	WithKey bool // put the master key into the backup
	RPID    string
	Origin  string
	Version string // of this Holdfast
}

// Made is a finished backup.
type Made struct {
	Header
	Path  string
	Bytes int64
	Rows  int64
	To    []string // fingerprints of whom it is encrypted to
}

// Make writes a backup to a new file, or into the folder to under a name of its
// own. Until it is whole and on disk, the file has no name: whatever ends the
// process leaves nothing behind.
func Make(ctx context.Context, src Source, seal Seal, to string, now time.Time) (Made, error) {
	if err := seal.check(); err != nil {
		return Made{}, err
	}
	if info, err := os.Stat(to); err == nil && info.IsDir() {
		to = filepath.Join(to, seal.name(src.RPID, now))
	}
	if _, err := os.Lstat(to); err == nil {
		return Made{}, fmt.Errorf("%s exists already: name another file, or a folder", to)
	}
	f, err := newFile(to)
	if err != nil {
		return Made{}, err
	}
	defer f.discard()
	m, err := write(ctx, src, seal, f, now)
	if err != nil {
		return Made{}, err
	}
	m.Path = to
	return m, f.keep()
}

func write(ctx context.Context, src Source, seal Seal, f *file, now time.Time) (Made, error) {
	sealed, err := seal.writer(f)
	if err != nil {
		return Made{}, err
	}
	// The fastest level: the server works beside it, and hashes hardly shrink.
	packed, err := gzip.NewWriterLevel(sealed, gzip.BestSpeed)
	if err != nil {
		return Made{}, err
	}
	w := newWriter(packed, Header{Format: format, Made: now.UTC().Truncate(time.Second), Version: src.Version,
		RPID: src.RPID, Origin: src.Origin, Key: src.Key})
	if src.WithKey {
		w.header.MasterKey = strings.TrimSpace(src.Master.Text())
	}
	err = store.Dump(ctx, src.Store, w)
	if err == nil {
		err = w.finish()
	}
	if err = errors.Join(err, packed.Close(), sealed.Close()); err != nil {
		return Made{}, err
	}
	size, err := f.Seek(0, 1)
	return Made{Header: w.header, Bytes: size, Rows: w.rows, To: seal.Fingerprints}, err
}

// name is that of a backup in a folder: sorted by name is sorted by time.
func (s Seal) name(rpID string, now time.Time) string {
	ending := ".age"
	if s.DangerPlain {
		ending = ".plain.gz"
	}
	return "holdfast-" + rpID + "-" + now.UTC().Format("20060102T150405Z") + ending
}

// What makes a backup unusable, each with its sentence.
var (
	errNoBackup = holdfast.Errorf(holdfast.Invalid, "backup_unknown",
		"This file is no backup of Holdfast. Name one that holdfast backup has written.")
	errTooNew = holdfast.Errorf(holdfast.Invalid, "backup_newer",
		"A newer Holdfast has written this backup. Restore it with that version or a later one.")
	errTruncated = holdfast.Errorf(holdfast.Invalid, "backup_truncated",
		"This backup ends too early: it was cut off. Copy the file again from where it was written, or use another backup.")
	errBroken = holdfast.Errorf(holdfast.Invalid, "backup_broken",
		"This backup is not as it was written: bytes of it were changed. Copy the file again from where it was written, or use another backup.")
	errWrongIdentity = holdfast.Errorf(holdfast.Denied, "backup_identity",
		"None of these identities opens this backup: it is encrypted to somebody else, or its first lines were changed. Bring the identity file of one of its recipients.")
	errWrongPassphrase = holdfast.Errorf(holdfast.Denied, "backup_passphrase",
		"This passphrase does not open this backup.")
	errNeedIdentity = holdfast.Errorf(holdfast.Denied, "backup_identity",
		"This backup is encrypted. Say with --identity FILE or --passphrase-file FILE what opens it.")
	errDamaged = holdfast.Errorf(holdfast.Invalid, "backup_damaged",
		"This backup does not hold together, and nothing was put in place. Use another backup, and keep this one: it may have been tampered with.")
)
