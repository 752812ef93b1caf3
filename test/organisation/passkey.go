package organisation

import (
	"fmt"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/exposure/rules"
)

// add gives the i-th person their n-th passkey.
func (o *Organisation) add(h *rules.Held, i, n int, m model) {
	id := holdfast.CredentialID(o.word(fmt.Sprintf("credential%d", n), i))
	c := credential.Record{ID: id, Person: h.Person.ID, Algorithm: -7, AAGUID: m.aaguid, Format: "none", Attestation: "none", Transports: []string{"internal"},
		BE: m.synced, BS: m.synced, UVInitialized: true, SignCount: uint32(i % 7), Name: "Passkey", Status: credential.Active,
		Created: h.Person.Created, LastUsed: Now.AddDate(0, 0, -i%30), Provenance: "invitation:tic_" + string(id)}
	j := evidence.Judgement{ID: id, Person: h.Person.ID, At: c.Created, Kind: "none", Reason: "none"}
	if m.proven {
		c.Format, c.Attestation, c.Transports, c.Name = "packed", "verified", []string{"usb"}, "Key"
		j.Kind, j.Reason, j.Anchors, j.AAGUIDProven, j.MetadataNo, j.HardwareProtected, j.Protection = "verified", "", []string{"mds:1"}, true, 1, true, "hardware"
	}
	if m.managed {
		c.MadeOn = credential.OnManaged + "dev_" + o.word(fmt.Sprintf("device%d", n), i)
	}
	h.Credentials = append(h.Credentials, c)
	h.Judgements = append(h.Judgements, j)
}
