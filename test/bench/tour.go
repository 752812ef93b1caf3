package main

import (
	"context"
	"errors"
	"os"
	"time"

	"holdfast/test/browser"
	"holdfast/test/need"
	"holdfast/test/tour"
)

// tours is how often the first minute is measured: each needs a browser.
const tours = 3

// tour says how long a newcomer waits for the machine, from the first command
// to somebody who is signed in to an application that was just added.
func (b *bench) tour(ctx context.Context) error {
	binary, err := b.serverBinary(ctx)
	if err != nil {
		return err
	}
	if err := os.Setenv("HOLDFAST_TEST_BINARY", binary); err != nil {
		return err
	}
	var taken [][]tour.Step
	for range tours {
		err := tour.Run("bench", b.dir, func(t need.T) { taken = append(taken, tour.Take(t, browser.Start(t), nil)) })
		if errors.Is(err, tour.ErrLeftOut) {
			b.printf("tour      %v\n\n", err)
			return nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
	}
	b.printf("tour      %s from `holdfast demo` to somebody signed in to an application just added, reading and typing left out (median of %d)\n",
		round(median(pick(taken, total))), tours)
	for i, s := range taken[0] {
		b.printf("          %8s  %s\n", round(median(pick(taken, func(t []tour.Step) time.Duration { return t[i].Took }))), s.Name)
	}
	b.printf("\n")
	return nil
}

func total(steps []tour.Step) (sum time.Duration) {
	for _, s := range steps {
		sum += s.Took
	}
	return sum
}
