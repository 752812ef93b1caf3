package host

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/edge/backup"
	"holdfast/edge/store"
)

// BackedUp is a backup that was just made of this server's database.
type BackedUp struct {
	Made backup.Made `json:"made"`
}

// backups writes down what the command has done: it reads the database itself,
// and on SQLite only the server can write.
func (s *Server) backups() {
	on(s, "backup/made", func(ctx context.Context, by holdfast.Actor, in BackedUp) (any, error) {
		return struct{}{}, s.Store.InTx(ctx, func(tx *store.Tx) error {
			return tx.Record(ctx, audit.By{Actor: by, At: s.Clock()}, in.Made.Event())
		})
	})
}
