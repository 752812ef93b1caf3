package revision

import (
	"time"

	"holdfast/domain/audit"
)

// Text is a policy that decided without being a revision: one that comes with
// the program. Another version of the program may come with another one, and what
// was decided by this one is to be decided again.
type Text struct {
	ID   string // digest
	Name string
	Body []byte
	At   time.Time // since when it can have decided here
}

func (*Text) Table() string { return "policy_text" }

func (t *Text) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &t.ID)
	audit.StringColumn(c, "name", &t.Name)
	c.Bytes("body", &t.Body)
	c.Time("at", &t.At)
}

// Record is the text as a revision that is no revision: number 0.
func (t Text) Record() Record {
	return Record{Digest: t.ID, Name: t.Name, Text: t.Body, State: Superseded}
}

// KeepText is the event by which a text stays for as long as the log does.
func KeepText(name string, body []byte, now time.Time) (Text, audit.Event) {
	t := Text{ID: Digest("", body, nil), Name: name, Body: body, At: now}
	return t, audit.New("policy.kept", t.ID, "", audit.Set(&t)).With("name", name)
}
