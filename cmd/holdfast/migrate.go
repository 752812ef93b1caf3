package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"holdfast/edge/backup"
	"holdfast/edge/config"
	"holdfast/edge/store"
)

// planned is what "holdfast migrate" would do.
type planned struct {
	Engine string          `json:"engine"`
	At     int64           `json:"at"`
	Steps  []store.Planned `json:"steps"`

	// Backup is when the last backup was made that the log knows of; zero if it
	// knows of none. Since counts the records that came after it.
	Backup time.Time `json:"backup,omitzero"`
	Since  int64     `json:"records_since_backup"`
}

// runMigrate is "holdfast migrate [--plan]": it brings the schema up to this
// Holdfast, or says what that would be.
func runMigrate(ctx context.Context, c console, args []string) error {
	var set settings
	fs := flag.NewFlagSet("holdfast migrate", flag.ContinueOnError)
	set.flags(fs, false)
	plan := fs.Bool("plan", false, "only print the steps that would run")
	asJSON := fs.Bool("json", false, "print JSON")
	if err := parse(c, fs, args); err != nil {
		return err
	}
	cfg, err := set.read()
	if err != nil {
		return err
	}
	where, _, _, err := place(cfg)
	if err != nil {
		return err
	}
	p := planned{Engine: where.Engine(), Steps: []store.Planned{}}
	var pending []store.Planned
	if p.At, pending, err = store.Plan(ctx, where); err != nil {
		return err
	}
	p.Steps = append(p.Steps, pending...)
	if p.Backup, p.Since, err = lastBackup(ctx, where); err != nil {
		return err
	}
	switch {
	case *plan && *asJSON:
		return json.NewEncoder(c.out).Encode(p)
	case *plan:
		return p.print(c.out)
	}
	return migrateNow(ctx, c, where, p, *asJSON)
}

func migrateNow(ctx context.Context, c console, where store.Config, p planned, asJSON bool) error {
	db, err := store.Open(ctx, where)
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(c.out).Encode(p)
	}
	for _, s := range p.Steps {
		fmt.Fprintf(c.out, "ran %s\n", s.Name)
	}
	if len(p.Steps) == 0 {
		fmt.Fprintf(c.out, "Nothing to do: the database is at step %d.\n", p.At)
	}
	return nil
}

// lastBackup asks the log.
func lastBackup(ctx context.Context, where store.Config) (made time.Time, since int64, err error) {
	last, size, err := store.LastOf(ctx, where, backup.BackedUp)
	if err != nil || last == nil {
		return time.Time{}, size, err
	}
	return last.At, size - last.Index - 1, nil
}

func (p planned) print(w io.Writer) error {
	if len(p.Steps) == 0 {
		_, err := fmt.Fprintf(w, "Nothing to do: the %s database is at step %d.\n", p.Engine, p.At)
		return err
	}
	fmt.Fprintf(w, "The %s database is at step %d. These steps would run, in one transaction:\n", p.Engine, p.At)
	for _, s := range p.Steps {
		fmt.Fprintf(w, "\n-- %s\n", s.Name)
		for _, name := range slices.Sorted(maps.Keys(s.Touched)) {
			fmt.Fprintf(w, "-- %s has %d rows\n", name, s.Touched[name])
		}
		for _, text := range s.Statements {
			fmt.Fprintf(w, "%s;\n", strings.TrimSpace(text))
		}
	}
	if p.Backup.IsZero() {
		_, err := fmt.Fprintln(w, "\nThe log knows of NO BACKUP. There is no way back from a migration but a backup: run holdfast backup first.")
		return err
	}
	_, err := fmt.Fprintf(w, "\nThe last backup was made at %s; %d records came after it. There is no way back from a migration but a backup.\n",
		p.Backup.Format(time.RFC3339), p.Since)
	return err
}

// steps is the configuration's word: auto runs pending steps when the server
// starts, manual refuses to start.
func steps(cfg config.Config) store.Steps {
	if cfg.Migrate == "manual" {
		return store.NeedSteps
	}
	return store.RunSteps
}
