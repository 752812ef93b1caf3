package store

import (
	"cmp"
	"context"
	"encoding/json"

	"holdfast"
	"holdfast/domain/notice"
)

// MailKind is the kind of delivery whose body is the JSON of a notice.Mail and
// whose target is empty: one relay takes them all.
const MailKind = "mail"

// MailMode says what becomes of messages to people.
type MailMode int

const (
	MailDrop MailMode = iota // an outbox that nobody empties would hold invitation links for ever
	MailKeep                 // in the demo's mail sink, as plain text
	MailSend                 // to the outbox, as deliveries of kind "mail"
)

// PutMail hands over a message to a person. An empty ID is given one.
func (tx *Tx) PutMail(ctx context.Context, m notice.Mail) error {
	m.ID = cmp.Or(m.ID, "mai_"+holdfast.NewSecret()[:20])
	switch tx.db.cfg.Mail {
	case MailKeep:
		return tx.keepMail(ctx, m)
	case MailSend:
		return tx.putMail(ctx, m)
	}
	return nil
}

// PutMessage is PutDelivery of what goes out at once.
func (tx *Tx) PutMessage(ctx context.Context, kind string, person holdfast.PersonID, target string, body []byte) error {
	return tx.PutDelivery(ctx, Delivery{Kind: kind, Person: person, Target: target, Body: body})
}

// putMail is PutDelivery of a message.
func (tx *Tx) putMail(ctx context.Context, m notice.Mail) error {
	body, err := json.Marshal(m)
	if err != nil {
		return errInternal.Because(err)
	}
	return tx.PutDelivery(ctx, Delivery{ID: m.ID, Kind: MailKind, Person: holdfast.PersonID(m.Person), Body: body})
}
