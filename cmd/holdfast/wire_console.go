package main

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/signingkey"
	"holdfast/edge/keys"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
)

// keyRoller is the console's button that rolls the signing keys over. It asks
// whether whoever presses it may, and what is done is in the log.
type keyRoller struct {
	server *server
	master keys.Master
}

func (k keyRoller) Roll(ctx context.Context, by holdfast.Actor) error {
	if err := k.server.govern.Allowed(ctx, by, authority.KeysWrite); err != nil {
		return err
	}
	_, err := k.master.Rotate(ctx, store.Port[keys.Tx]{DB: k.server.db}, by, signingkey.Overlap, time.Now())
	return err
}

// reading is what an operator may want to read, on the settings page. The
// files are in the package and in the source, so the paths are what is named.
func reading() []page.Link {
	return []page.Link{
		{Text: "docs/backup.md: backup, restore, what to keep elsewhere"},
		{Text: "docs/upgrade.md: a new version, step by step"},
		{Text: "docs/console.md: the console, roles, files of lists"},
		{Text: "docs/related-origins.md: further addresses to sign in at"},
		{Text: "docs/threat-model.md: who may attack, and what stops them"},
	}
}
