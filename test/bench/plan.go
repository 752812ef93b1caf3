package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"holdfast/domain/policy"
	"holdfast/edge/keys"
	"holdfast/edge/policies"
	"holdfast/edge/store"
	"holdfast/flow/rejudge"
)

// plan measures how long it takes to count what a policy would do to everybody,
// of whom one in a hundred would be shut out: on SQLite, in one process.
func (b *bench) plan(ctx context.Context) error {
	b.printf("plan      what a policy would do to everybody, counted\n")
	c, err := newCompany()
	if err != nil {
		return err
	}
	for _, n := range b.sizes {
		if err := c.planned(ctx, b, n); err != nil {
			return err
		}
	}
	b.printf("\n")
	return nil
}

func (c *company) planned(ctx context.Context, b *bench, n int) (err error) {
	master, err := keys.Load(filepath.Join(b.dir, "plan.key"), true)
	if err != nil {
		return err
	}
	cfg := store.Config{SQLite: filepath.Join(b.dir, fmt.Sprintf("plan%d.db", n))}
	if cfg.Signer, cfg.Verifier, _, err = master.Log("localhost/bench"); err != nil {
		return err
	}
	db, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := c.fill(ctx, db, n); err != nil {
		return err
	}
	shelf, err := policies.New(policies.Config{First: policyOf(""), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	d, problems := policy.Parse("bench", policyOf("surgeons"))
	if problems.Bad() {
		return problems
	}
	candidate, problems := policy.Compile(d, nil)
	if candidate == nil {
		return problems
	}
	f := rejudge.New(rejudge.Config{Store: store.Port[rejudge.Tx]{DB: db}, Policies: shelf, Metadata: c, Clock: time.Now, Node: "bench"})
	for _, when := range []string{"first", "again"} {
		began, used0 := time.Now(), used()
		impact, err := f.Impact(ctx, candidate)
		if err != nil {
			return err
		}
		took := time.Since(began)
		b.printf("  %d people, %s: %s, of it %s of processor time (%.0f people /s), %d passkeys suspended, %d people locked out\n", impact.People, when, round(took), round(used()-used0),
			float64(impact.People)/took.Seconds(), impact.Suspended, impact.LockedOut)
	}
	return nil
}
