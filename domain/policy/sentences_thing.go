package policy

import (
	"fmt"
	"strings"
)

// Thing is what somebody has to make to be in a class, in a few words for whom
// it concerns: "a key that provably stays on its device, certified L2 or better".
// forbidSync says that their segment takes nothing that can be synced.
func (d *Document) Thing(c *Class, forbidSync bool) string {
	parts := []string{"any passkey"}
	switch {
	case c.Distribution == DeviceBound || forbidSync:
		parts[0] = "a security key or a device’s own passkey that provably stays where it is"
	case c.Attestation.Required:
		parts[0] = "a passkey that its maker vouches for"
	case c.Distribution == Synced:
		parts[0] = "a synced passkey"
	}
	if c.MDS.MinCertification != "" {
		parts = append(parts, "certified "+string(c.MDS.MinCertification)+" or better")
	}
	if n := len(d.AAGUIDsOf(c.AAGUIDs.Allow)); n > 0 {
		parts = append(parts, fmt.Sprintf("of %s", count(n, "listed model")))
	}
	if len(c.Providers) > 0 && parts[0] == "a synced passkey" {
		parts = append(parts, "kept by "+list(c.Providers, "or", plain))
	}
	if c.EnrolFrom == "managed_device" {
		parts = append(parts, "made on a managed device")
	}
	return strings.Join(parts, ", ")
}
