package backup

import (
	"strconv"
	"strings"
	"time"

	"holdfast/domain/audit"
)

// Event types.
const (
	BackedUp audit.Type = "backup.made"  // a backup is whole and on disk
	PutBack  audit.Type = "log.restored" // what stands before this came from a backup
)

// Event says in the log that m was made. doctor reads the age of the newest.
func (m Made) Event() audit.Event {
	key := "no"
	if m.MasterKey != "" {
		key = "yes"
	}
	return audit.New(BackedUp, "", "").
		With("made", m.Made.Format(time.RFC3339)).
		With("records", strconv.FormatInt(m.Records, 10)).
		With("recipients", strings.Join(m.To, " ")).
		With("master_key", key)
}

// putBack says in the log that it goes on from a backup. older is how many
// records were known of it elsewhere; 0 means that none are missing.
func putBack(h Header, older int64) audit.Event {
	e := audit.New(PutBack, "", "").
		With("made", h.Made.Format(time.RFC3339)).
		With("records", strconv.FormatInt(h.Records, 10)).
		With("engine", h.Engine)
	if older > 0 {
		e = e.With("known_records", strconv.FormatInt(older, 10))
	}
	return e
}
