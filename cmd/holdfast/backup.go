package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/edge/backup"
	"holdfast/edge/config"
	"holdfast/edge/host"
	"holdfast/edge/keys"
	"holdfast/edge/store"
)

// backupFlags are what "holdfast backup" was told.
type backupFlags struct {
	settings
	to, recipientsFile, passphraseFile string
	recipients                         []string
	with, without, plain, json         bool
}

func (b *backupFlags) register(fs *flag.FlagSet) {
	b.flags(fs, false)
	fs.StringVar(&b.to, "to", "", "`FILE` to write, or folder to write into")
	fs.Func("recipient", "age public `KEY`, age1…, that may open it; may be given again", adding(&b.recipients))
	fs.StringVar(&b.recipientsFile, "recipients-file", "", "`FILE` of such keys, one a line")
	fs.StringVar(&b.passphraseFile, "passphrase-file", "", "`FILE` whose first line is the passphrase that opens it")
	fs.BoolVar(&b.with, "with-master-key", true, "put the master key into the backup: without it nothing that is sealed opens")
	fs.BoolVar(&b.without, "without-master-key", false, "leave the master key out; it must be kept elsewhere, or the backup is worth nothing")
	fs.BoolVar(&b.plain, "danger-plain", false, "write it unencrypted: whoever reads the file has everything")
	fs.BoolVar(&b.json, "json", false, "print JSON")
}

// seal says to whom the backup is encrypted: to one kind of reader alone.
func (b *backupFlags) seal() (backup.Seal, error) {
	kinds := 0
	for _, given := range []bool{len(b.recipients) > 0 || b.recipientsFile != "", b.passphraseFile != "", b.plain} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds > 1:
		return backup.Seal{}, errors.New("give recipients, a passphrase or --danger-plain, one of them")
	case b.plain:
		return backup.Seal{DangerPlain: true, Fingerprints: []string{"nobody"}}, nil
	case b.passphraseFile != "":
		p, err := backup.ReadPassphrase(b.passphraseFile)
		if err != nil {
			return backup.Seal{}, err
		}
		return backup.ToPassphrase(p)
	case kinds == 0:
		return backup.Seal{}, nil // refused, with the sentence that says what to give
	}
	list := strings.Join(b.recipients, "\n")
	if b.recipientsFile != "" {
		text, err := os.ReadFile(b.recipientsFile)
		if err != nil {
			return backup.Seal{}, fmt.Errorf("--recipients-file: %w", err)
		}
		list += "\n" + string(text)
	}
	return backup.ToRecipients(list)
}

// place is the database of a configuration and who signs its log.
func place(cfg config.Config) (store.Config, keys.Master, string, error) {
	var c store.Config
	master, err := keys.Load(cfg.MasterKeyFile, false)
	if err != nil {
		return c, master, "", fmt.Errorf("%w; name the data folder with --data, or the configuration with --config", err)
	}
	var key string
	if c.Signer, c.Verifier, key, err = master.Log(backup.LogName(cfg.RPID)); err != nil {
		return c, master, "", err
	}
	if c.Postgres, err = cfg.DatabaseURL(); err == nil && c.Postgres == "" {
		c.SQLite = filepath.Join(cfg.Data, "holdfast.db")
	}
	return c, master, key, err
}

// runBackup is "holdfast backup": it reads the database itself, whether a
// server runs on it or not.
func runBackup(ctx context.Context, c console, args []string) error {
	var b backupFlags
	fs := flag.NewFlagSet("holdfast backup", flag.ContinueOnError)
	b.register(fs)
	if err := parse(c, fs, args); err != nil {
		return err
	}
	if b.to == "" {
		fmt.Fprintln(c.err, "holdfast backup: say with --to where the backup goes")
		return errUsage
	}
	seal, err := b.seal()
	if err != nil {
		return err
	}
	cfg, err := b.read()
	if err != nil {
		return err
	}
	db, master, key, err := place(cfg)
	if err != nil {
		return err
	}
	made, err := backup.Make(ctx, backup.Source{Store: db, Key: key, Master: master, WithKey: b.with && !b.without,
		RPID: cfg.RPID, Origin: cfg.Origin, Version: version()}, seal, b.to, time.Now())
	if err != nil {
		return err
	}
	notNoted := noteBackup(ctx, cfg, db, made)
	if notNoted != nil {
		fmt.Fprintf(c.err, "holdfast backup: the backup is whole, but the log does not say so: %v\n", notNoted)
	}
	return b.say(c, made, notNoted == nil)
}

func (b *backupFlags) say(c console, m backup.Made, noted bool) error {
	hasKey := m.MasterKey != ""
	if b.json {
		return json.NewEncoder(c.out).Encode(map[string]any{"file": m.Path, "made": m.Made, "step": m.Step, "engine": m.Engine,
			"records": m.Records, "rows": m.Rows, "bytes": m.Bytes, "recipients": m.To, "master_key": hasKey, "recorded": noted})
	}
	fmt.Fprintf(c.out, "Wrote %s: %d records of the log, %d rows, %d bytes.\n", m.Path, m.Records, m.Rows, m.Bytes)
	switch {
	case b.plain:
		fmt.Fprintln(c.out, "IT IS NOT ENCRYPTED: whoever reads the file has everything.")
	default:
		fmt.Fprintf(c.out, "Encrypted to %s.\n", strings.Join(m.To, ", "))
	}
	if hasKey {
		fmt.Fprintln(c.out, "The master key is inside: without it no signing key and nothing that is sealed opens. Guard what opens this backup like the key itself.")
	} else {
		fmt.Fprintln(c.out, "The master key is NOT inside: keep a copy of it elsewhere, or this backup is worth nothing.")
	}
	_, err := fmt.Fprintf(c.out, "Check it with: holdfast restore --verify %s\n", m.Path)
	return err
}

// noteBackup writes into the log that the backup was made, so that its age can be
// known. It goes through the server where one holds the embedded database, and
// migrates nothing.
func noteBackup(ctx context.Context, cfg config.Config, c store.Config, m backup.Made) error {
	file := newCheckpointFile(filepath.Join(cfg.Data, "checkpoint"))
	c.Steps, c.OnCheckpoint = store.LeaveSteps, file.set
	db, err := store.Open(ctx, c)
	if holdfast.CodeOf(err) == "store_in_use" {
		return noteThroughServer(ctx, cfg, m)
	}
	if err != nil {
		return err
	}
	// Before anything is written: a log that grows again hides that it was cut.
	putBack, err := file.continued(ctx, db, c.Verifier)
	if err = errors.Join(putBack, err); err != nil {
		return errors.Join(err, db.Close())
	}
	err = db.InTx(ctx, func(tx *store.Tx) error {
		return tx.Record(ctx, audit.By{Actor: hostUser(), At: time.Now()}, m.Event())
	})
	err = errors.Join(err, db.Close())
	if err == nil && c.SQLite != "" {
		err = file.save()
	}
	return err
}

func noteThroughServer(ctx context.Context, cfg config.Config, m backup.Made) error {
	h := hostFlags{settings: settings{data: cfg.Data}}
	client, done, err := h.connect(ctx, console{err: os.Stderr})
	if err != nil {
		return err
	}
	defer done()
	m.MasterKey = map[bool]string{true: "inside"}[m.MasterKey != ""] // the key itself stays here
	return client.call(ctx, "backup/made", host.BackedUp{Made: m}, new(struct{}))
}

// hostUser is who runs this command.
func hostUser() holdfast.Actor {
	a := holdfast.Actor{Kind: holdfast.ActorHost, ID: fmt.Sprintf("uid %d", os.Getuid())}
	if u, err := user.Current(); err == nil {
		a.ID = u.Username
	}
	return a
}
