package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// median of an even number is the upper of the two in the middle.
func median[T cmp.Ordered](v []T) T { return quantile(v, 0.5) }

func quantile[T cmp.Ordered](v []T, q float64) T {
	if len(v) == 0 {
		var none T
		return none
	}
	s := slices.Clone(v)
	slices.Sort(s)
	return s[min(int(q*float64(len(s))), len(s)-1)]
}

// pick is one figure of each round.
func pick[R any, T any](rounds []R, figure func(R) T) []T {
	out := make([]T, len(rounds))
	for i, r := range rounds {
		out[i] = figure(r)
	}
	return out
}

// round writes a duration with about three digits.
func round(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	case d < time.Millisecond:
		return fmt.Sprintf("%.1f µs", float64(d)/float64(time.Microsecond))
	case d < time.Second:
		return fmt.Sprintf("%.3g ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.3g s", d.Seconds())
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
