package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"holdfast/edge/backup"
)

// restoreFlags are what "holdfast restore" was told.
type restoreFlags struct {
	settings
	passphraseFile                  string
	identities, checkpoints         []string
	verifyOnly, acceptOlder, asJSON bool
}

func (r *restoreFlags) register(fs *flag.FlagSet) {
	r.flags(fs, false)
	fs.Func("identity", "age identity `FILE` that opens it; may be given again", adding(&r.identities))
	fs.StringVar(&r.passphraseFile, "passphrase-file", "", "`FILE` whose first line is the passphrase")
	fs.Func("checkpoint", "`FILE` with a checkpoint of this log that you have seen; may be given again", adding(&r.checkpoints))
	fs.BoolVar(&r.verifyOnly, "verify", false, "only check the backup, every row against its log, and say what is in it")
	fs.BoolVar(&r.acceptOlder, "accept-older", false, "put it back although newer records are known; the log will show it")
	fs.BoolVar(&r.asJSON, "json", false, "print JSON")
}

func (r *restoreFlags) opener() (backup.Opener, error) {
	switch {
	case len(r.identities) > 0 && r.passphraseFile != "":
		return backup.Opener{}, errors.New("give --identity or --passphrase-file, one of them")
	case r.passphraseFile != "":
		p, err := backup.ReadPassphrase(r.passphraseFile)
		if err != nil {
			return backup.Opener{}, err
		}
		return backup.ByPassphrase(p)
	case len(r.identities) == 0:
		return backup.Opener{}, nil
	}
	var all []byte
	for _, name := range r.identities {
		text, err := os.ReadFile(name)
		if err != nil {
			return backup.Opener{}, fmt.Errorf("--identity: %w", err)
		}
		all = append(append(all, text...), '\n')
	}
	return backup.ByIdentities(all)
}

// runRestore is "holdfast restore FILE".
func runRestore(ctx context.Context, c console, args []string) error {
	var r restoreFlags
	fs := flag.NewFlagSet("holdfast restore", flag.ContinueOnError)
	r.register(fs)
	if err := parse(c, fs, args, "FILE"); err != nil {
		return err
	}
	if !r.verifyOnly && r.file == "" && r.data == "" {
		fmt.Fprintln(c.err, "holdfast restore: say with --data or --config where it goes, or only check it with --verify")
		return errUsage
	}
	opener, err := r.opener()
	if err != nil {
		return err
	}
	var seen []string
	for _, name := range r.checkpoints {
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("--checkpoint: %w", err)
		}
		seen = append(seen, string(text))
	}
	b, err := backup.Open(fs.Arg(0), opener)
	if err != nil {
		return err
	}
	defer b.Close()
	if r.verifyOnly {
		v, err := b.Verify(ctx, seen, time.Now())
		if err != nil {
			return err
		}
		return r.say(c, v, "This backup can be restored.")
	}
	return r.restore(ctx, c, b, seen)
}

func (r *restoreFlags) restore(ctx context.Context, c console, b *backup.Opened, seen []string) error {
	cfg, err := r.read()
	if err != nil {
		return err
	}
	t := backup.Target{Data: cfg.Data, MasterKeyFile: cfg.MasterKeyFile, Seen: seen, AcceptOlder: r.acceptOlder,
		Actor: hostUser(), Now: time.Now()}
	if r.file != "" {
		t.RPID = cfg.RPID
	}
	if t.Postgres, err = cfg.DatabaseURL(); err != nil {
		return err
	}
	v, err := b.Restore(ctx, t)
	if err != nil {
		return err
	}
	end := "Restored into " + cfg.Data + "."
	if t.Postgres != "" {
		end = "Restored into the PostgreSQL database."
	}
	if r.file == "" {
		end += fmt.Sprintf(" Start it with a configuration whose origin is %s and whose rp_id is %s.", v.Origin, v.RPID)
	}
	if v.SetBy != "" {
		end += "\nThe checkpoint that was there is kept as " + v.SetBy + "; other nodes say at their start how to go on."
	}
	return r.say(c, v, end)
}

func (r *restoreFlags) say(c console, v backup.Verified, end string) error {
	if r.asJSON {
		return json.NewEncoder(c.out).Encode(map[string]any{"ok": true, "made": v.Made, "version": v.Version, "engine": v.Engine,
			"step": v.Step, "rp_id": v.RPID, "origin": v.Origin, "records": v.Records, "rows": v.Rows, "people": v.People,
			"credentials": v.Credentials, "checkpoint": v.Checkpoint, "log_key": v.Key, "master_key": v.HasKey,
			"known_records": v.Older, "age_seconds": int64(v.Age.Seconds())})
	}
	key := "inside"
	if !v.HasKey {
		key = "not inside: bring it from where you keep it"
	}
	fmt.Fprintf(c.out, "Made          %s, %s ago, by holdfast %s on %s, schema step %d\n", v.Made.Format(time.RFC3339),
		v.Age.Round(time.Second), v.Version, v.Engine, v.Step)
	fmt.Fprintf(c.out, "Organisation  %s, relying party id %s\n", v.Origin, v.RPID)
	fmt.Fprintf(c.out, "People        %d, with %d passkeys\n", v.People, v.Credentials)
	fmt.Fprintf(c.out, "Log           %d records, verified with every row against the key %s\n", v.Records, v.Key)
	fmt.Fprintf(c.out, "Master key    %s\n", key)
	fmt.Fprintf(c.out, "Checkpoint\n%s\n", v.Checkpoint)
	if v.Older > 0 {
		fmt.Fprintf(c.out, "This log is known to have had %d records: %d are not in this backup.\n", v.Older, v.Older-v.Records)
	}
	_, err := fmt.Fprintln(c.out, end)
	return err
}
