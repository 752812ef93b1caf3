package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// size says how large the program is.
func (b *bench) size(ctx context.Context) error {
	for _, v := range []struct{ name, flags string }{{"plain", ""}, {"stripped, as make build makes it", "-s -w"}} {
		to := filepath.Join(b.dir, "size")
		if err := b.build(ctx, to, "-ldflags", v.flags); err != nil {
			return err
		}
		info, err := os.Stat(to)
		if err != nil {
			return err
		}
		b.printf("binary    %.1f MB %s\n", float64(info.Size())/1e6, v.name)
	}
	b.printf("\n")
	return os.Remove(filepath.Join(b.dir, "size"))
}

// start says how long it takes from the start of the process to the first
// page, on an empty folder and on one in use, and what the idle server holds.
func (b *bench) start(ctx context.Context) error {
	var first, again []time.Duration
	var rss []int64
	var anonymous []int64
	for i := range b.rounds {
		s, err := b.newServer(ctx, "start"+strconv.Itoa(i), "")
		if err != nil {
			return err
		}
		took, err := s.start(ctx)
		if err != nil {
			return err
		}
		first = append(first, took)
		if _, err := s.enrol(ctx, 3); err != nil {
			return err
		}
		if err := s.stop(); err != nil {
			return err
		}
		for range 3 {
			if took, err = s.start(ctx); err != nil {
				return err
			}
			again = append(again, took)
			if err := b.idle(s, &rss, &anonymous); err != nil {
				return err
			}
			if err := s.stop(); err != nil {
				return err
			}
		}
	}
	b.printf("start     to the first page: %s with data (least %s), %s the first time, keys made (least %s)\n",
		round(median(again)), round(slices.Min(again)), round(median(first)), round(slices.Min(first)))
	b.printf("idle      %s resident, of which %s are its own and the rest is the program file\n\n",
		mebibytes(median(rss)), mebibytes(median(anonymous)))
	return nil
}

func (b *bench) idle(s *server, rss, anonymous *[]int64) error {
	time.Sleep(time.Second)
	for name, to := range map[string]*[]int64{"VmRSS": rss, "RssAnon": anonymous} {
		n, err := memoryOf(s.cmd.Process.Pid, name)
		if err != nil {
			return err
		}
		*to = append(*to, n)
	}
	return nil
}
