package visit

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/device"
	"holdfast/domain/evidence"
	"holdfast/domain/session"
	"holdfast/edge/web/page"
)

// Passkeys are the cards of credentials that were not removed. current is the
// one that this session was opened with.
func Passkeys(creds []credential.Record, current holdfast.CredentialID) []page.Passkey {
	var cards []page.Passkey
	for _, c := range creds {
		if c.Status == credential.Removed {
			continue
		}
		cards = append(cards, Passkey(c, current))
	}
	return cards
}

// Known says on a card what is proven of the passkey.
func Known(card *page.Passkey, f evidence.Facts) {
	card.Bound = page.Claimed
	if evidence.Proves(f.DeviceBound) {
		card.Bound = page.Proven
	}
	card.Hardware, card.Vouched = evidence.Proves(f.HardwareProtected), f.Model.Known == evidence.Proven
	if card.Vouched {
		for i := range card.Technical {
			if card.Technical[i].Name == "AAGUID" {
				card.Technical[i].Note = "proven by the attestation"
			}
		}
	}
}

// Passkey is the card of one, of any status.
func Passkey(c credential.Record, current holdfast.CredentialID) page.Passkey {
	return page.Passkey{
		ID: string(c.ID), Name: c.Name, Provider: credential.Provider(c.AAGUID),
		SecurityKey: !c.BE && !slices.Contains(c.Transports, "internal"),
		Synced:      c.BE, Suspended: c.Status == credential.Suspended, Current: c.ID == current,
		Created: c.Created, LastUsed: c.LastUsed, Technical: technical(c),
	}
}

func technical(c credential.Record) []page.Pair {
	said := map[credential.Claim]string{credential.Unsaid: "not said", credential.Yes: "yes (claimed)", credential.No: "no (claimed)"}
	return []page.Pair{
		{Name: "Credential id", Value: string(c.ID), Code: true},
		{Name: "AAGUID", Value: c.AAGUID, Code: true, Note: "claimed by the authenticator"},
		{Name: "Algorithm", Value: algorithm(c.Algorithm)},
		{Name: "Attestation", Value: c.Attestation + " (" + c.Format + ")"},
		{Name: "Transports", Value: strings.Join(c.Transports, ", ")},
		{Name: "Discoverable", Value: said[c.Discoverable]},
		{Name: "Backup", Value: "eligible " + yes(c.BE) + ", backed up " + yes(c.BS)},
		{Name: "Signature counter", Value: strconv.FormatUint(uint64(c.SignCount), 10)},
		{Name: "Enrolled by", Value: c.Provenance},
	}
}

func algorithm(a int64) string {
	names := map[int64]string{-7: "ES256", -8: "EdDSA", -35: "ES384", -36: "ES512", -257: "RS256"}
	if n, ok := names[a]; ok {
		return n
	}
	return strconv.FormatInt(a, 10)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// Session is a sign-in as pages show it. names gives the names of credentials.
func Session(s session.Record, seen time.Time, current holdfast.SessionID, names map[holdfast.CredentialID]string) page.Session {
	if seen.Before(s.AuthTime) {
		seen = s.AuthTime
	}
	return page.Session{
		ID: string(s.ID), PersonID: string(s.Person), Device: Device(s.UserAgent), Address: s.Address,
		Passkey: names[s.Credential], Current: s.ID == current, Started: s.Created, Active: seen, Ends: s.Expires,
	}
}

// Abilities is what a browser says it can do, for a page.
func Abilities(c device.Capabilities) []page.Ability {
	var out []page.Ability
	for _, a := range c.Abilities() {
		out = append(out, page.Ability{Text: a.Text, Can: a.Can})
	}
	return out
}

// Devices are the browsers of a person, for a page.
func Devices(ds []device.Record) []page.Device {
	var out []page.Device
	for _, d := range ds {
		out = append(out, page.Device{Name: Device(d.UserAgent), Abilities: Abilities(d.Capabilities), First: d.FirstSeen, Last: d.LastSeen})
	}
	return out
}

// Device says in words what a User-Agent claims to be.
func Device(ua string) string {
	browser := first(ua, [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"},
		{"Chrome/", "Chrome"}, {"CriOS/", "Chrome"}, {"Safari/", "Safari"}}, "A program")
	system := first(ua, [][2]string{{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"},
		{"Mac OS X", "Mac"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}, "an unknown device")
	return browser + " on " + system
}

func first(s string, table [][2]string, otherwise string) string {
	for _, row := range table {
		if strings.Contains(s, row[0]) {
			return row[1]
		}
	}
	return otherwise
}
