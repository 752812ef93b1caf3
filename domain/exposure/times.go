package exposure

import (
	"slices"
	"time"
)

// sortedTimes is ts in order, each once.
func sortedTimes(ts []time.Time) []time.Time {
	slices.SortFunc(ts, time.Time.Compare)
	return slices.CompactFunc(ts, time.Time.Equal)
}
