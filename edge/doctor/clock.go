package doctor

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Codes live for a minute, ceremonies for five, tokens say when they began: a
// clock that is a few seconds off is seen by applications, one that is a minute
// off refuses people.
const (
	skewSeen    = 5 * time.Second
	skewRefuses = time.Minute
)

// KernelClock asks the kernel whether something keeps its clock right
// (adjtimex(2)); it sets nothing.
func KernelClock() Finding {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return warn("clock", fmt.Sprintf("the kernel does not say whether the clock is kept right (%v)", err),
			"See that chrony or systemd-timesyncd runs on the host.")
	}
	return kernelClock(state, t.Status)
}

const (
	timeError = 5      // TIME_ERROR, adjtimex(2)
	unsynced  = 0x0040 // STA_UNSYNC
)

func kernelClock(state int, status int32) Finding {
	if state == timeError || status&unsynced != 0 {
		return warn("clock", "nothing keeps the clock right: the kernel calls it unsynchronised",
			"Install chrony or enable systemd-timesyncd, on the host where this is a container.")
	}
	return ok("clock", "the clock is kept right, says the kernel")
}

// Skew judges the clock of another, seen between two looks at ours. exact is
// how finely it speaks: HTTP dates have seconds.
func Skew(code, whose string, theirs, before, after time.Time, exact time.Duration) Finding {
	var off time.Duration
	switch {
	case theirs.Before(before.Add(-exact)):
		off = before.Sub(theirs)
	case theirs.After(after.Add(exact)):
		off = theirs.Sub(after)
	}
	found := fmt.Sprintf("the clock of %s differs from ours by %s", whose, off.Round(time.Second))
	const do = "Keep both right by NTP. Codes, links and tokens have lives of minutes."
	switch {
	case off >= skewRefuses:
		return failed(code, found, do)
	case off >= skewSeen:
		return warn(code, found, do)
	}
	return ok(code, fmt.Sprintf("the clock of %s agrees with ours", whose))
}
