package console

import (
	"context"
	"net/http"
	"strings"

	"holdfast"
	"holdfast/domain/org"
	"holdfast/domain/signingkey"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// Keys rolls the signing keys over: new ones are published now and sign when
// applications know them. It asks whether by may.
type Keys interface {
	Roll(ctx context.Context, by holdfast.Actor) error
}

func (c *Console) settings(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return c.showSettings(w, r, v, http.StatusOK, &page.Settings{})
}

// deadShown is how many deliveries that were given up are shown.
const deadShown = 10

func (c *Console) showSettings(w http.ResponseWriter, r *http.Request, v visit.Visit, status int, to *page.Settings) error {
	ctx := r.Context()
	f := c.frame(w, r, v)
	if to.Errors["organisation"] == "" {
		to.Name = f.Organisation
	}
	related, err := c.Store.Setting(ctx, org.SettingRelatedOrigins)
	if err != nil && holdfast.KindOf(err) != holdfast.NotFound {
		return err
	}
	to.Origins = org.RelatedOrigins(related)
	keys, err := c.Store.SigningKeys(ctx)
	if err != nil {
		return err
	}
	now := c.Visits.Clock()
	for i := len(keys) - 1; i >= 0; i-- {
		k := keys[i]
		if s := k.State(now); s != signingkey.Over {
			to.Keys = append(to.Keys, page.SigningKey{ID: string(k.ID), Algorithm: k.Algorithm, State: page.KeyState(s),
				Created: k.Created, Starts: k.Starts, Retired: k.Retired})
		}
	}
	if err := c.fillOutbox(ctx, to); err != nil {
		return err
	}
	to.Frame, to.Technical, to.Docs, to.Sends = f, c.Facts, c.Docs, c.Mails
	c.Visits.Render(w, r, status, to)
	return nil
}

// fillOutbox says what waits to leave the server, and what never will.
func (c *Console) fillOutbox(ctx context.Context, to *page.Settings) error {
	counts, err := c.Store.Outbox(ctx)
	if err != nil {
		return err
	}
	for _, n := range counts {
		to.Outbox = append(to.Outbox, page.OutboxLine{ID: n.Kind, Kind: kindOf(n.Kind), Waiting: int(n.Waiting), Dead: int(n.Dead), Failing: int(n.Failing), Oldest: n.Oldest})
	}
	list, err := c.Store.Deliveries(ctx, deadShown)
	for _, d := range list {
		if !d.Dead.IsZero() {
			to.Undone = append(to.Undone, page.DeadLetter{Kind: kindOf(d.Kind), Target: d.Target, Tries: d.Tries, Created: d.Created, Why: d.LastError})
		}
	}
	return err
}

func kindOf(kind string) string {
	switch kind {
	case store.MailKind:
		return "Mail"
	case "logout":
		return "Sign-out, to applications"
	}
	return kind
}

// tryAgain revives what was given up of a kind.
func (c *Console) tryAgain(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	n, err := c.Govern.Revive(r.Context(), v.Actor(), r.PostFormValue("kind"))
	return c.pressed(w, r, err, numbered(n, "message is", "messages are")+" tried again now. What cannot be delivered comes back here.", page.PathSettings+"#outbox")
}

var settingsFields = fieldOf{"organisation_name": "organisation"}

func (c *Console) saveSettings(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	name := r.PostFormValue("organisation")
	err := c.Govern.RenameOrganisation(r.Context(), v.Actor(), name)
	if shown, status, ok := settingsFields.onForm(err); ok {
		return c.showSettings(w, r, v, status, &page.Settings{Name: name, Errors: shown})
	}
	if err != nil {
		return err
	}
	return c.done(w, r, "The organisation has its new name.", page.PathSettings)
}

var originFields = fieldOf{"origin_malformed": "origins", "origin_own": "origins", "origin_labels": "origins", "origin_many": "origins", "origin_in_use": "origins"}

// saveOrigins says at which further addresses people sign in. Where that would
// take somebody's address away, the page comes back and says what to write.
func (c *Console) saveOrigins(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	typed := r.PostFormValue("origins")
	err := c.Govern.SetRelatedOrigins(r.Context(), v.Actor(), strings.Fields(typed), r.PostFormValue("confirm"))
	if shown, status, ok := originFields.onForm(err); ok {
		to := &page.Settings{Typed: typed, Errors: shown}
		if holdfast.CodeOf(err) == "origin_in_use" {
			to.Confirm = quoted(shown["origins"])
		}
		return c.showSettings(w, r, v, status, to)
	}
	if err != nil {
		return err
	}
	return c.done(w, r, "People can sign in at these addresses now, and at no others.", page.PathSettings)
}

// quoted is the last thing that a sentence quotes.
func quoted(sentence string) string {
	parts := strings.Split(sentence, `"`)
	if len(parts) < 3 {
		return ""
	}
	return parts[len(parts)-2]
}

func (c *Console) rollKeys(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	err := c.Keys.Roll(r.Context(), v.Actor())
	return c.pressed(w, r, err, "New keys are published. They sign in an hour.", page.PathSettings)
}
