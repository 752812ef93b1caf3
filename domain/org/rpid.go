package org

import (
	"fmt"

	"holdfast"
	"holdfast/domain/audit"
)

// RecordRPID writes down under which RP ID the passkeys are made. Found does
// so too; this is for an organisation that was founded before it was kept.
func RecordRPID(rpID string) (Setting, []audit.Event) {
	s := Setting{SettingRPID, rpID}
	return s, []audit.Event{audit.New("organisation.rp_id_recorded", SettingRPID, "", audit.Set(&s))}
}

// CheckRPID refuses to go on under another RP ID than the one that the passkeys
// were made under: browsers would offer none of them, and whoever signs in
// again could only do so with a new one. passkeys is how many are in use.
func CheckRPID(recorded Setting, configured string, passkeys int64) error {
	if recorded.Value == "" || recorded.Value == configured {
		return nil
	}
	return holdfast.Errorf(holdfast.Conflict, "rp_id_changed",
		"The configuration says rp_id %q, and %s made under %q: under another name nobody could sign in. "+
			"Set rp_id: %s again. To serve further addresses with the same passkeys, name them as related origins; see docs/related-origins.md.",
		configured, inUse(passkeys), recorded.Value, recorded.Value)
}

func inUse(n int64) string {
	if n == 1 {
		return "the one passkey that is in use was"
	}
	return fmt.Sprintf("the %d passkeys that are in use were", n)
}
