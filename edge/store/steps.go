package store

import (
	"context"

	"holdfast"
	"holdfast/edge/store/migrate"
)

// Steps says what to do about steps of the schema that a database has not had.
type Steps int

const (
	RunSteps   Steps = iota // run them, all in one transaction
	NeedSteps               // refuse to open with steps_pending
	LeaveSteps              // open as it is: for reading, and for events that set nothing new
)

// A migration brings a database to a step, in the transaction that db is in.
type migration func(ctx context.Context, db migrate.DB, types migrate.Types) error

func (c Config) migration() migration {
	if c.with != nil {
		return c.with
	}
	s := c.Steps
	return func(ctx context.Context, db migrate.DB, types migrate.Types) error {
		if s == RunSteps {
			return migrate.Up(ctx, db, types)
		}
		steps, err := migrate.Steps()
		if err != nil {
			return err
		}
		at, err := stepOf(ctx, db)
		if err != nil {
			return err
		}
		pending, err := migrate.Pending(steps, at)
		if err != nil || s == LeaveSteps && at > 0 || len(pending) == 0 {
			return err
		}
		if at == 0 {
			return migrate.Up(ctx, db, types) // nothing is there that could be lost
		}
		return holdfast.Errorf(holdfast.Unavailable, "steps_pending",
			"This database is at step %d and this Holdfast needs %d, and migrate is set to manual. Look at holdfast migrate --plan, make a backup, then run holdfast migrate.",
			at, pending[len(pending)-1].Version)
	}
}

// stepOf is 0 for a database without tables.
func stepOf(ctx context.Context, db migrate.DB) (int64, error) {
	if err := db.Exec(ctx, "create table if not exists schema_step (version bigint primary key)"); err != nil {
		return 0, err
	}
	return migrate.At(ctx, db)
}
