package api

import (
	"time"

	"github.com/danielgtaylor/huma/v2"

	"holdfast"
)

// Day is the end of something: a day that still counts as a whole, in UTC, or
// an instant. Empty is no end.
type Day string

// Schema describes it.
func (Day) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: "string", Description: "The last day, 2027-01-31, which still counts as a whole, in UTC; or the first instant that does not, as RFC 3339. Empty: no end.",
		Examples: []any{"2027-01-31", "2027-01-31T18:00:00Z"}}
}

func (d Day) instant() (time.Time, error) {
	if d == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, string(d)); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	t, err := time.Parse(time.RFC3339, string(d))
	if err != nil {
		return t, holdfast.Errorf(holdfast.Invalid, "day", "%.40q is no day: write 2027-01-31, or an instant such as 2027-01-31T18:00:00Z.", string(d))
	}
	return t.UTC().Truncate(time.Microsecond), nil
}
