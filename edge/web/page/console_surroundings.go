package page

import (
	"fmt"
	"strings"
	"time"

	"holdfast/domain/surroundings"
)

// SurroundingRow is one declaration about the world around.
type SurroundingRow struct {
	ID, Name  string
	Kind      surroundings.Kind
	Owner     Link   // empty: nobody's in particular
	Holders   []Link // of a power
	Says      string // what is declared, in sentences
	Source    string
	Standing  surroundings.Standing
	Lacks     []string
	Current   bool // it counts today
	From      time.Time
	Until     time.Time
	ReviewBy  time.Time
	Withdrawn time.Time
	Misses    bool // its group or segment is not there: it counts for nobody
}

// Badge is what it is worth now.
func (s SurroundingRow) Badge() Badge {
	switch {
	case !s.Withdrawn.IsZero():
		return Badge{Text: "withdrawn", Tone: ToneNote}
	case s.Misses:
		return Badge{Text: "reaches nobody", Tone: ToneAlarm}
	case s.Standing == surroundings.Overdue:
		return Badge{Text: "overdue", Tone: ToneWarn}
	case s.Standing == surroundings.Incomplete:
		return Badge{Text: "incomplete", Tone: ToneWarn}
	case !s.Current:
		return Badge{Text: "not today", Tone: ToneNote}
	}
	return Badge{Text: "counts", Tone: ToneGood}
}

// Worth says what comes of it, where it does not just count. A power that
// nobody looked at again is held all the same.
func (s SurroundingRow) Worth() string {
	switch {
	case s.Misses:
		return "there is no such group or segment: say over whom it is"
	case !s.Stands() || s.Standing == surroundings.Current:
		return ""
	case s.Kind == surroundings.Power || s.Kind == surroundings.Departure:
		return "counts all the same"
	}
	return "as good as unknown"
}

// Lacking says what is not said.
func (s SurroundingRow) Lacking() string {
	words := map[string]string{"status": "whether it is more than assumed", "sign_in": "how it is signed in to", "recovery": "how it is recovered", "check": "how callers are checked"}
	var out []string
	for _, l := range s.Lacks {
		out = append(out, words[l])
	}
	return strings.Join(out, ", ")
}

// KindText is the kind as people say it.
func (s SurroundingRow) KindText() string { return kindWords(s.Kind) }

// Stands says that it was not withdrawn.
func (s SurroundingRow) Stands() bool { return s.Withdrawn.IsZero() }

func kindWords(k surroundings.Kind) string {
	switch k {
	case surroundings.SyncAccount:
		return "sync account"
	case surroundings.Mailbox:
		return "mailbox"
	case surroundings.Phone:
		return "telephone number"
	case surroundings.KeptCode:
		return "saved recovery code"
	case surroundings.Power:
		return "power over others"
	case surroundings.Departure:
		return "departure"
	}
	return string(k)
}

func kindTeaches(k surroundings.Kind) string {
	switch k {
	case surroundings.SyncAccount:
		return "Where somebody’s passkeys are synced. Whoever gets into this account gets the passkeys."
	case surroundings.Mailbox:
		return "Where links and codes arrive. A way back that goes by mail is worth what the mailbox is."
	case surroundings.Phone:
		return "Where codes arrive by message. A number can be moved to another SIM."
	case surroundings.KeptCode:
		return "Where somebody keeps the recovery code that they saved. Kept in a mailbox, it is worth what the mailbox is."
	case surroundings.Power:
		return "Somebody who resets accounts, reads mail or holds the database: a service desk, a mail administrator, a hosting company."
	case surroundings.Departure:
		return "Somebody who has left, whatever stands here. From that day on nothing of theirs should open anything."
	}
	return ""
}

// SurroundingSays is what r declares, in sentences.
func SurroundingSays(r surroundings.Record) string {
	switch r.Kind {
	case surroundings.SyncAccount:
		text := "At " + r.Provider
		if r.Primary {
			text += ", with the directory’s own account"
		}
		return text + ". " + entered(r) + " " + recovered(r)
	case surroundings.Mailbox:
		return entered(r) + " " + recovered(r)
	case surroundings.Phone:
		return recovered(r)
	case surroundings.KeptCode:
		if len(r.SignIn) == 0 {
			return "Nobody has said what takes somebody to it."
		}
		return "Got at by " + waysWords(r.SignIn) + "."
	case surroundings.Power:
		return powerSays(r)
	case surroundings.Departure:
		return "Left on " + r.From.UTC().Format("2 Jan 2006") + "."
	}
	return ""
}

func powerSays(r surroundings.Record) string {
	text := "Over " + overWords(r.Over)
	if r.Target != "" {
		text += " of " + r.Target
	}
	if n := len(r.Holders); r.Together() > 1 {
		text += fmt.Sprintf(", by any %d of %d", r.Together(), n)
	}
	text += "."
	if w := checkWords(r.Check); r.Check != "" {
		text += " Who asks is checked by " + w + "."
	}
	if len(r.SignIn) > 0 {
		text += " " + entered(r)
	}
	return text
}

func entered(r surroundings.Record) string {
	if len(r.SignIn) == 0 {
		return "Nobody has said how it is signed in to."
	}
	return "Signed in to by " + waysWords(r.SignIn) + "."
}

func recovered(r surroundings.Record) string {
	switch {
	case len(r.Recovery) > 0:
		return "Recovered by " + waysWords(r.Recovery) + "."
	case r.Said:
		return "There is no way to recover it."
	}
	return "Nobody has said how it is recovered."
}

// waysWords is "password and code, or passkey".
func waysWords(ways []string) string {
	out := make([]string, len(ways))
	for i, w := range ways {
		out[i] = strings.ReplaceAll(w, "+", " and ")
	}
	return strings.Join(out, ", or ")
}

func overWords(over string) string {
	switch over {
	case surroundings.OverMail:
		return "mailboxes"
	case surroundings.OverProvider:
		return "accounts at the sync provider"
	case surroundings.OverPrimary:
		return "people’s accounts in the directory"
	case surroundings.OverPasskeys:
		return "passkeys here"
	case surroundings.OverDevices:
		return "managed devices"
	case surroundings.OverDNS:
		return "the mail domain’s names"
	case surroundings.OverDatabase:
		return "the database"
	case surroundings.OverSigning:
		return "the signing keys"
	case surroundings.OverBackups:
		return "the backups"
	}
	return over
}

func checkWords(check string) string {
	switch check {
	case surroundings.CheckNone:
		return "nothing"
	case surroundings.CheckAsked:
		return "questions, or by a known voice or number"
	case surroundings.CheckVideo:
		return "a document and a face by video"
	case surroundings.CheckOnsite:
		return "comparing them, on site, with the stored portrait"
	case surroundings.CheckSound:
		return "a check that is taken for sound"
	}
	return check
}

// Surroundings lists what is declared.
type Surroundings struct {
	Frame
	Rows   []SurroundingRow
	Kind   string // filter
	Gone   bool   // filter: what was withdrawn
	Pager  Pager
	Export Export
}

// KindOptions are the choices of the filter.
func (s *Surroundings) KindOptions() []Option {
	out := []Option{{Value: "", Label: "Every kind", Chosen: s.Kind == ""}}
	for _, k := range surroundings.Kinds() {
		out = append(out, Option{Value: string(k), Label: kindWords(k), Chosen: s.Kind == string(k)})
	}
	return out
}

// Filtered says whether anything narrows the list.
func (s *Surroundings) Filtered() bool { return s.Kind != "" || s.Gone }

// A KindCard leads to the form for a kind, and says what the kind is.
type KindCard struct{ Name, Text, URL string }

// Cards are those of all kinds.
func (s *Surroundings) Cards() []KindCard {
	var out []KindCard
	for _, k := range surroundings.Kinds() {
		out = append(out, KindCard{capital(kindWords(k)), kindTeaches(k), NewSurroundingPath(string(k))})
	}
	return out
}

// NewSurroundingPath is the console's address of the form for a kind.
func NewSurroundingPath(kind string) string { return PathSurroundings + "/new?kind=" + kind }

func (*Surroundings) name() string  { return "surroundings" }
func (*Surroundings) shell() string { return "console" }
