// Package migrate brings a database's tables up to date: numbered steps, one
// text each for both engines, run once and in order. It refuses to go back,
// and to touch a database that a newer Holdfast has changed.
package migrate

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"holdfast"
)

//go:embed *.sql
var files embed.FS

// Types are the words in capitals of a step's text as an engine spells them.
// They are the only difference between the engines.
type Types map[string]string

// A DB runs statements in one transaction, which the caller opens and closes
// and in which no other node migrates.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) error
	Int(ctx context.Context, sql string) (int64, error)
}

// A Step is one file: "0001_ground.sql".
type Step struct {
	Version int64
	Name    string
	Text    string
}

// Steps lists the steps in order.
func Steps() ([]Step, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var steps []Step
	for _, e := range entries {
		number, _, _ := strings.Cut(e.Name(), "_")
		v, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("migrate: the file %s has no number", e.Name())
		}
		text, err := files.ReadFile(e.Name())
		if err != nil {
			return nil, err
		}
		steps = append(steps, Step{v, e.Name(), string(text)})
	}
	slices.SortFunc(steps, func(a, b Step) int { return cmp.Compare(a.Version, b.Version) })
	return steps, nil
}

// Up runs the steps that db has not had.
func Up(ctx context.Context, db DB, types Types) error {
	steps, err := Steps()
	if err != nil {
		return err
	}
	return Run(ctx, db, types, steps)
}

// Run is Up with these steps alone, which are in order: those of a restore end
// where the backup was.
func Run(ctx context.Context, db DB, types Types, steps []Step) error {
	if err := db.Exec(ctx, "create table if not exists schema_step (version bigint primary key)"); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	at, err := At(ctx, db)
	if err != nil {
		return err
	}
	pending, err := Pending(steps, at)
	if err != nil {
		return err
	}
	for _, s := range pending {
		for _, stmt := range s.Statements(types) {
			if err := db.Exec(ctx, stmt); err != nil {
				return fmt.Errorf("migrate: %s: %w", s.Name, err)
			}
		}
		if err := db.Exec(ctx, "insert into schema_step (version) values ($1)", s.Version); err != nil {
			return fmt.Errorf("migrate: %s: %w", s.Name, err)
		}
	}
	return nil
}

// At is the last step that db has had. The table of steps must exist.
func At(ctx context.Context, db interface {
	Int(ctx context.Context, sql string) (int64, error)
}) (int64, error) {
	at, err := db.Int(ctx, "select coalesce(max(version), 0) from schema_step")
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	return at, nil
}

// Pending are the steps behind at. A database beyond the last of them is
// refused with store_newer.
func Pending(steps []Step, at int64) ([]Step, error) {
	if last := steps[len(steps)-1].Version; at > last {
		return nil, holdfast.Errorf(holdfast.Unavailable, "store_newer",
			"This database is at step %d; this Holdfast knows %d. Run the newer Holdfast that made it: there is no way back.", at, last)
	}
	return slices.DeleteFunc(slices.Clone(steps), func(s Step) bool { return s.Version <= at }), nil
}

// Statements is the step's text for an engine, one statement each.
func (s Step) Statements(types Types) []string {
	word := regexp.MustCompile(`\b[A-Z]+\b`)
	comment := regexp.MustCompile(`(?m)--.*$`)
	text := comment.ReplaceAllString(s.Text, "")
	text = word.ReplaceAllStringFunc(text, func(w string) string {
		if t, ok := types[w]; ok {
			return t
		}
		return w
	})
	var out []string
	for stmt := range strings.SplitSeq(text, ";") {
		if stmt = strings.TrimSpace(stmt); stmt != "" {
			out = append(out, stmt)
		}
	}
	return out
}

// touching finds the tables that a statement changes.
var touching = regexp.MustCompile(`(?i)\b(?:alter table|update|insert into|delete from|create (?:unique )?index \w+ on) +(\w+)`)

// Touched are the tables that the step changes, each once, without those that
// it makes: what is in them is what there is to lose.
func (s Step) Touched() []string {
	var out []string
	made := map[string]bool{}
	for _, stmt := range s.Statements(nil) {
		if name, ok := strings.CutPrefix(strings.ToLower(stmt), "create table "); ok {
			name, _, _ = strings.Cut(name, " ")
			made[name] = true
		}
		if m := touching.FindStringSubmatch(stmt); m != nil && !made[m[1]] && !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}
