package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/edge/keys"
	"holdfast/edge/store"
	"holdfast/spec/translog"
)

// LogName is the origin of a deployment's audit log.
func LogName(rpID string) string { return rpID + "/holdfast-audit" }

// Names of files in a data folder.
const (
	databaseName   = "holdfast.db"
	checkpointName = "checkpoint"
)

// Opened is a backup of which the header was read.
type Opened struct {
	Header
	file     *os.File
	from     *reader
	verifier note.Verifier
}

// Open opens a backup and reads its header. Close it.
func Open(path string, o Opener) (_ *Opened, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	plain, err := o.reader(f)
	if err != nil {
		return nil, err
	}
	r, err := readHeader(plain)
	if err != nil {
		return nil, err
	}
	b := &Opened{Header: r.header, file: f, from: r}
	if b.verifier, err = note.NewVerifier(b.Key); err != nil || b.verifier.Name() != LogName(b.RPID) {
		return nil, errDamaged.Because(errors.New("the log's key is not that of the relying party id"))
	}
	c, err := translog.OpenCheckpoint(b.Checkpoint, b.verifier)
	if err != nil || c.Size != b.Records {
		return nil, errDamaged.Because(errors.New("the checkpoint in the header is not signed by the log's key"))
	}
	return b, nil
}

// Close lets go of the file.
func (b *Opened) Close() error { return b.file.Close() }

// A Target is where a backup is put.
type Target struct {
	Data          string // the node's data folder; made if there is none
	Postgres      string // connection string, or "" for SQLite in Data
	MasterKeyFile string
	RPID          string // the configuration's, or "" where none was named

	// Seen are signed checkpoints of this log that are known from elsewhere:
	// the restored log must continue each that is not newer than itself. That
	// of the data folder is always seen.
	Seen []string
	// AcceptOlder puts back a backup although newer records are known to exist.
	AcceptOlder bool

	Actor holdfast.Actor
	Now   time.Time
}

// Verified is what a backup holds, every row of it held against its log.
type Verified struct {
	Header
	Rows        map[string]int64 // by table
	People      int64
	Credentials int64
	Age         time.Duration
	HasKey      bool // the master key is in the backup

	Older  int64  // records that a newer checkpoint counts; 0: none is known
	SetBy  string // where the checkpoint that was too new was moved
	Signed string // the head of the log as it was put back
}

// Verify loads the backup into a database of its own that is thrown away, and
// holds every row and record against the log. It needs room for the database
// in the folder for temporary files.
func (b *Opened) Verify(ctx context.Context, seen []string, now time.Time) (Verified, error) {
	dir, err := os.MkdirTemp("", "holdfast-verify-")
	if err != nil {
		return Verified{}, err
	}
	defer os.RemoveAll(dir)
	last, older, err := b.lastSeen(seen)
	if err != nil {
		return Verified{}, err
	}
	if b.MasterKey != "" {
		if _, _, err := b.signer(""); err != nil {
			return Verified{}, err
		}
	}
	cfg := store.Config{SQLite: filepath.Join(dir, databaseName), Verifier: b.verifier, Clock: time.Now}
	report, err := store.Restore(ctx, cfg, store.Restoration{Step: b.Step, From: b.from, Signed: b.Checkpoint, LastSeen: last})
	if err != nil {
		return Verified{}, err
	}
	return b.verified(report, older, now), nil
}

func (b *Opened) verified(report store.Report, older int64, now time.Time) Verified {
	rows := b.from.rows
	return Verified{Header: b.Header, Rows: rows, People: rows["person"], Credentials: rows["credential"],
		Age: now.Sub(b.Made), HasKey: b.MasterKey != "", Older: older, Signed: report.Signed}
}

// lastSeen is the newest of the checkpoints that the backup must continue, and
// how many records the newest of all counts if that is beyond the backup.
func (b *Opened) lastSeen(seen []string) (last *translog.Checkpoint, older int64, err error) {
	for _, signed := range seen {
		c, err := translog.OpenCheckpoint(signed, b.verifier)
		if err != nil {
			return nil, 0, holdfast.Errorf(holdfast.Conflict, "checkpoint_other",
				"A checkpoint that was seen before is not of this backup's log: the backup is of another deployment, or was forged. Look at the checkpoint file of the data folder and at --checkpoint.").Because(err)
		}
		switch {
		case c.Size > b.Records:
			older = max(older, c.Size)
		case last == nil || c.Size > last.Size:
			last = &c
		}
	}
	return last, older, nil
}

// signer is the log's, from the master key in the backup or from path.
func (b *Opened) signer(path string) (keys.Master, note.Signer, error) {
	var master keys.Master
	var err error
	if b.MasterKey != "" {
		master, err = keys.Parse([]byte(b.MasterKey))
	} else if master, err = keys.Load(path, false); errors.Is(err, fs.ErrNotExist) {
		return master, nil, fmt.Errorf("the master key is not in this backup: put it into %s first, mode 0600", path)
	}
	if err != nil {
		return master, nil, err
	}
	signer, _, key, err := master.Log(LogName(b.RPID))
	if err == nil && key != b.Key {
		err = holdfast.Errorf(holdfast.Invalid, "backup_master_key",
			"The master key is not the one that signed this backup's log. Bring the key of the deployment that the backup was made of.")
	}
	return master, signer, err
}

// Restore puts the backup in place: all of it, verified, or nothing.
func (b *Opened) Restore(ctx context.Context, t Target) (Verified, error) {
	if t.RPID != "" && t.RPID != b.RPID {
		return Verified{}, holdfast.Errorf(holdfast.Conflict, "rp_id",
			"This backup is of the relying party id %s and the configuration says %s: no passkey of it would work there. Mend rp_id or origin in the configuration.", b.RPID, t.RPID)
	}
	master, signer, err := b.signer(t.MasterKeyFile)
	if err != nil {
		return Verified{}, err
	}
	if err := t.ready(); err != nil {
		return Verified{}, err
	}
	kept, err := os.ReadFile(filepath.Join(t.Data, checkpointName))
	if err == nil {
		t.Seen = append(slices.Clone(t.Seen), string(kept))
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Verified{}, err
	}
	last, older, err := b.lastSeen(t.Seen)
	if err != nil {
		return Verified{}, err
	}
	if older > 0 && !t.AcceptOlder {
		return Verified{}, holdfast.Errorf(holdfast.Conflict, "backup_older",
			"This backup has %d records and this log is known to have had %d: what happened in between would be gone, erasures and sessions that were ended among it. If no newer backup exists, say so with --accept-older; the log will show it.",
			b.Records, older)
	}
	r := store.Restoration{Step: b.Step, From: b.from, Signed: b.Checkpoint, LastSeen: last,
		By: audit.By{Actor: t.Actor, At: t.Now}, Recorded: []audit.Event{putBack(b.Header, older)}}
	cfg := store.Config{Postgres: t.Postgres, Signer: signer, Verifier: b.verifier, Clock: time.Now}
	report, err := t.put(ctx, cfg, r, master)
	if err != nil {
		return Verified{}, err
	}
	v := b.verified(report, older, t.Now)
	v.SetBy, err = t.settle(report.Signed)
	return v, err
}

// ready makes the data folder, and refuses one that has anything in it that a
// restore could harm or hide.
func (t Target) ready() error {
	if err := os.MkdirAll(t.Data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if t.Postgres != "" {
		return nil // it is the database that must be empty
	}
	entries, err := os.ReadDir(t.Data)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(t.Data, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), unfinished): // of a restore that was killed
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		case e.Name() == checkpointName || e.Name() == checkpointName+".new" || strings.HasPrefix(e.Name(), setAside),
			e.Name() == "lost+found", path == t.MasterKeyFile:
		default:
			return holdfast.Errorf(holdfast.Conflict, "not_empty",
				"The data folder %s has %s in it, and a restore goes into an empty one only. Name another, or move what is there away; nothing was changed.", t.Data, e.Name())
		}
	}
	return nil
}

const (
	unfinished = ".restore-"          // begins the name of a folder that a restore works in
	setAside   = "checkpoint.before-" // begins the name of a checkpoint that the restored log does not continue
)

func (t Target) put(ctx context.Context, cfg store.Config, r store.Restoration, master keys.Master) (store.Report, error) {
	if cfg.Postgres != "" {
		return t.putPostgres(ctx, cfg, r, master)
	}
	dir, err := os.MkdirTemp(t.Data, unfinished)
	if err != nil {
		return store.Report{}, err
	}
	defer os.RemoveAll(dir)
	cfg.SQLite = filepath.Join(dir, databaseName)
	report, err := store.Restore(ctx, cfg, r)
	if err == nil {
		err = syncFile(cfg.SQLite)
	}
	if err != nil {
		return report, err
	}
	placed, err := master.Place(t.MasterKeyFile)
	if err != nil {
		return report, err
	}
	// Link, not rename: a server that was started meanwhile keeps what it has.
	err = os.Link(cfg.SQLite, filepath.Join(t.Data, databaseName))
	if err == nil {
		return report, syncFolder(t.Data)
	}
	if placed {
		err = errors.Join(err, os.Remove(t.MasterKeyFile))
	}
	return report, err
}

// putPostgres has the key in place before the database is committed: a
// database without its key would be worth nothing.
func (t Target) putPostgres(ctx context.Context, cfg store.Config, r store.Restoration, master keys.Master) (store.Report, error) {
	placed, err := master.Place(t.MasterKeyFile)
	if err != nil {
		return store.Report{}, err
	}
	report, err := store.Restore(ctx, cfg, r)
	// Where the answer to the commit was lost, the database may be whole.
	if err != nil && placed && holdfast.CodeOf(err) != "store_unavailable" {
		err = errors.Join(err, os.Remove(t.MasterKeyFile))
	}
	return report, err
}

// settle leaves the checkpoint of the restored log in the data folder, and sets
// one that it does not continue aside, as evidence.
func (t Target) settle(signed string) (aside string, err error) {
	path := filepath.Join(t.Data, checkpointName)
	if _, err := os.Stat(path); err == nil {
		aside = filepath.Join(t.Data, setAside+t.Now.UTC().Format("20060102T150405Z"))
		if err := os.Rename(path, aside); err != nil {
			return "", err
		}
	}
	f, err := newFile(path)
	if err != nil {
		return aside, err
	}
	defer f.discard()
	if _, err := f.WriteString(signed); err != nil {
		return aside, err
	}
	return aside, f.keep()
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
