// Package org holds what an organisation says of itself: its name and the few
// settings that are facts of the organisation, not of a deployment. A setting
// that a deployment needs in order to start belongs in the configuration file.
package org

import (
	"strings"
	"time"
	"unicode/utf8"

	"holdfast"
	"holdfast/domain/audit"
)

const (
	// SettingName is the organisation's name, as people see it at the door.
	SettingName = "name"
	// SettingReady says since when the first administrator stands.
	SettingReady = "ready"
)

// Setting is one named value.
type Setting struct {
	ID    string
	Value string
}

func (*Setting) Table() string { return "setting" }

func (s *Setting) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &s.ID)
	audit.StringColumn(c, "value", &s.Value)
}

// Rename names the organisation.
func Rename(name string) (Setting, []audit.Event, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > 80 {
		return Setting{}, nil, holdfast.Errorf(holdfast.Invalid, "organisation_name",
			"An organisation's name has 1 to 80 characters.")
	}
	s := Setting{SettingName, name}
	return s, []audit.Event{audit.New("organisation.renamed", SettingName, "", audit.Set(&s))}, nil
}

// Found records that the organisation has its first administrator, from here
// on no set-up link works, and under which RP ID its passkeys are made.
func Found(rpID string, now time.Time) (Setting, []audit.Event) {
	s, rp := Setting{SettingReady, now.UTC().Format(time.RFC3339)}, Setting{SettingRPID, rpID}
	return s, []audit.Event{audit.New("organisation.founded", SettingReady, "", audit.Set(&s), audit.Set(&rp))}
}
