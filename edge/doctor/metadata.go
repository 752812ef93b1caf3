package doctor

import (
	"fmt"
	"time"

	"holdfast/domain/metadata"
	"holdfast/edge/config"
)

// Metadata judges how fresh the metadata of authenticators are, and whether the
// files that say whom to believe about them can be read.
func Metadata(r metadata.Record, c config.Config, now time.Time) Finding {
	const code = "metadata"
	if _, _, err := c.MDSTrust(); err != nil {
		return failed(code, err.Error(), "Mend the file or its name: the server does not start, and does not reload, without it.")
	}
	due := r.NextUpdate.Format(time.DateOnly)
	get := "Import a newer one: holdfast mds import FILE, or set mds_source."
	if c.MDSSource != "" {
		get = "See with holdfast mds status why nothing newer comes from mds_source."
	}
	switch r.State(now, c.MDSAge()) {
	case metadata.None:
		if c.MDSSource != "" {
			return warn(code, "no metadata of authenticators were imported, though mds_source names a place", get)
		}
		return ok(code, "no metadata of authenticators were imported: attestations count by the roots that the policy names alone")
	case metadata.Due:
		return warn(code, fmt.Sprintf("the metadata of authenticators, number %d, were due to be renewed on %s", r.No, due), get)
	case metadata.Overdue:
		return failed(code, fmt.Sprintf("the metadata of authenticators, number %d, were due to be renewed on %s: what was revoked since still counts", r.No, due), get)
	}
	return ok(code, fmt.Sprintf("the metadata of authenticators have the number %d; the next are due on %s", r.No, due))
}
