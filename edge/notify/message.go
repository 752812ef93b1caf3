package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	netmail "net/mail"
	"strings"

	"github.com/wneessen/go-mail"

	"holdfast/domain/notice"
	"holdfast/domain/person"
	"holdfast/edge/outbox"
)

// Send sends one message of the outbox: body is a notice.Mail as JSON. target
// is for the outbox; the message goes to whom it names itself.
func (m *Mailer) Send(ctx context.Context, _ string, body []byte) error {
	var n notice.Mail
	if err := json.Unmarshal(body, &n); err != nil {
		return outbox.Permanent(fmt.Errorf("read a message of the outbox: %w", err))
	}
	return m.Mail(ctx, n)
}

// Mail sends one message. What trying again cannot heal is outbox.Permanent.
func (m *Mailer) Mail(ctx context.Context, n notice.Mail) error {
	msg, err := m.compose(n)
	if err != nil {
		return outbox.Permanent(err)
	}
	return m.send(ctx, msg)
}

// compose makes the message. The same notice gives the same Message-ID and
// Date however often it is tried, so that mailboxes can tell a repetition.
func (m *Mailer) compose(n notice.Mail) (*mail.Msg, error) {
	to, err := netmail.ParseAddress(n.To)
	if err != nil || to.Address != n.To || strings.ContainsFunc(n.To, person.Deceives) {
		// ParseAddress also takes "Ada <mallory@example.org>" and comments.
		return nil, fmt.Errorf("%q is no e-mail address", n.To)
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	msg.FromMailAddress(m.from)
	msg.ToMailAddress(to)
	msg.Subject(line(n.Subject))
	msg.SetMessageIDWithValue(m.messageID(n))
	if n.At.IsZero() {
		msg.SetDate()
	} else {
		msg.SetDateWithValue(n.At.UTC())
	}
	// No holiday replies, no read receipts (RFC 3834 §5; Exchange reads the other).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader(mail.HeaderXAutoResponseSuppress, "All")
	msg.SetBodyString(mail.TypeTextPlain, text(n.Text))
	return msg, nil
}

// messageID hashes what tells one notice from another: what the outbox calls a
// message is nobody's business.
func (m *Mailer) messageID(n notice.Mail) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "holdfast mail %q %q %q %d", n.ID, n.To, n.Subject, n.At.UnixMicro()))
	_, domain, _ := strings.Cut(m.from.Address, "@")
	return hex.EncodeToString(sum[:16]) + "@" + domain
}

// line keeps what belongs into one line: a subject with a name in it must not
// begin a header of its own, nor read other than it was written.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if person.Deceives(r) {
			return ' '
		}
		return r
	}, s)
	const most = 200 // characters; mail programs show some 70
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most])
	}
	return strings.TrimSpace(s)
}

// text keeps line breaks and drops whatever else cannot be seen.
func text(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && person.Deceives(r) {
			return -1
		}
		return r
	}, s)
	return strings.TrimRight(s, "\n") + "\n"
}
