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

// PasskeyNotAccepted tells of a passkey that the organisation's rules do not
// accept any more and that was suspended.
func PasskeyNotAccepted(p person.Record, c credential.Record, now time.Time) Mail {
	return to(p, now, "A passkey of your account cannot be used any more", fmt.Sprintf(
		"Hello %s,\n\nthe rules of your organisation do not accept the passkey \u201c%s\u201d for your account any more. It was suspended, "+
			"and where it had signed you in, you were signed out.\n\nIf you have another passkey, sign in with it and make a new one on your account's page. "+
			"Otherwise ask your administrator for a link to make one.", p.Name, c.Name))
}

// PasskeyToReplace tells of a passkey that must be replaced. due is when it is
// suspended; zero: nobody can say.
func PasskeyToReplace(p person.Record, c credential.Record, due, now time.Time) Mail {
	until := "as soon as you can"
	if !due.IsZero() {
		until = "by " + due.UTC().Format("2 Jan 2006, 15:04 MST") + ". It works until then"
	}
	return to(p, now, "Replace a passkey of your account", fmt.Sprintf(
		"Hello %s,\n\nthe passkey \u201c%s\u201d is not safe enough for your account any more. Please make another one %s.\n\n"+
			"Sign in, open your account's page and add a passkey that your organisation accepts.", p.Name, c.Name, until))
}

// ReplacementLink tells that a link was made by which another passkey can be
// made. It does not carry it.
func ReplacementLink(p person.Record, ends, now time.Time) Mail {
	return to(p, now, "A link to replace your passkey was made", fmt.Sprintf(
		"Hello %s,\n\nan administrator made a link by which another passkey can be made for your account, in place of one that is not accepted any more. "+
			"They will give it to you. It works once and ends on %s.", p.Name, ends.UTC().Format("2 Jan 2006, 15:04 MST"))+object)
}
