// Package notice is what people are told by mail: that something was done to
// their account, and by which way to object (NIST SP 800-63B-4 §4.6). It
// refuses to carry anything that signs in, except the invitation, which is
// for exactly that.
package notice

import (
	"fmt"
	"time"

	"holdfast/domain/credential"
	"holdfast/domain/person"
)

// Mail is a message to one person.
type Mail struct {
	ID      string
	To      string
	Subject string
	Text    string
	At      time.Time
	Person  string
}

func to(p person.Record, now time.Time, subject, text string) Mail {
	return Mail{To: p.Email, Person: string(p.ID), At: now, Subject: subject, Text: text}
}

const object = "\n\nIf this was not you, tell your administrator at once."

// Invitation carries the link.
func Invitation(p person.Record, org, link string, ends, now time.Time) Mail {
	return to(p, now, "Your invitation to "+org, fmt.Sprintf(
		"Hello %s,\n\n%s invites you to create a passkey. Open this link on the device that you sign in with:\n\n%s\n\n"+
			"It works once and ends on %s. Nobody will ever ask you to read it to them.",
		p.Name, org, link, ends.UTC().Format("2 Jan 2006, 15:04 MST")))
}

// PasskeyAdded tells of a new credential.
func PasskeyAdded(p person.Record, c credential.Record, now time.Time) Mail {
	return to(p, now, "A passkey was added to your account", fmt.Sprintf(
		"Hello %s,\n\nthe passkey \u201c%s\u201d (%s) was added to your account.", p.Name, c.Name, c.Distribution().Label())+object)
}

// PasskeyEnded tells of a credential that was removed, suspended or reinstated.
func PasskeyEnded(p person.Record, c credential.Record, what string, now time.Time) Mail {
	return to(p, now, "A passkey of your account was "+what, fmt.Sprintf(
		"Hello %s,\n\nthe passkey \u201c%s\u201d was %s.", p.Name, c.Name, what)+object)
}
