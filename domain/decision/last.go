package decision

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/policy"
)

// Last is what was decided last of something that is judged again and again: a
// session, or what an application was permitted in it. It is no part of the
// log, and may be lost; then the next decision is put on record once more.
type Last struct {
	Class    string              // see Class; the outcome and no hash where none is on record
	Decision holdfast.DecisionID // that is on record; empty: none is
	At       time.Time
}

// Class is the same for two decisions on the same thing of which the second is
// not worth a record: the answer is the same and so is why, and who asks came
// from no other network or country and on no other device. It is the outcome
// and a hash, since it stands in no log and shall say nothing of anybody.
// Addresses within a network do not count: a telephone changes its own while it
// is carried about.
func Class(d policy.Decision, in policy.Input) string {
	b, err := json.Marshal([]any{d.Outcome, CodeOf(d), d.Segment, in.Net.Zone, in.Net.Country, in.Net.Hosting,
		in.Device.ID, in.Device.Managed, in.Device.Compliant, in.Device.Bind})
	if err != nil {
		panic("decision: internal error: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return string(d.Outcome) + ":" + hex.EncodeToString(sum[:16])
}

// Refused says whether l was not to allow.
func (l Last) Refused() bool {
	return l.Class != "" && !strings.HasPrefix(l.Class, string(policy.Allow)+":")
}
