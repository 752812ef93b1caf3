package holdfast

import "time"

// Clock tells the time. Everything that needs now is given one or is given now.
type Clock func() time.Time

// Micros is how instants are stored: microseconds since 1970, UTC. Zero means never.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// FromMicros is the reverse of Micros.
func FromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
