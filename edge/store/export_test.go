package store

import (
	"context"

	"holdfast/edge/store/migrate"
)

// OpenWith is Open with these steps for the schema, as a later Holdfast has them.
func OpenWith(ctx context.Context, cfg Config, steps []migrate.Step) (*DB, error) {
	cfg.with = func(ctx context.Context, db migrate.DB, types migrate.Types) error {
		return migrate.Run(ctx, db, types, steps)
	}
	return Open(ctx, cfg)
}
