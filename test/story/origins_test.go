package story

import (
	"testing"

	"holdfast"
	"holdfast/domain/org"
	"holdfast/flow/enrol"
	"holdfast/flow/signin"
	"holdfast/test/softkey"
)

const shop, wiki = "https://shop.example", "https://wiki.example"

// at is a browser at an origin; the RP ID stays the server's.
func at(origin string, c softkey.Config) *softkey.Authenticator {
	c.Origin, c.Careless = origin, true // Careless: a browser reads the list that the well-known document has
	return Key(c)
}

// visits has key sign in on a page that came from one origin, and say to the
// server that it came from another.
func (w *World) visits(t *testing.T, key *softkey.Authenticator, origin string) (signin.Done, error) {
	t.Helper()
	id, options, err := w.SignIn.Begin(t.Context(), signin.Start{})
	must(t, err)
	return w.SignIn.Finish(t.Context(), signin.Answer{ID: id, Credential: Get(t, key, options), Origin: origin})
}

// L3 §5.11, §7.1 step 9, §7.2 step 12.
func TestRelatedOrigins(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	link := w.Invite(t, "Ada", "ada@harbour.example")
	key := at(shop, softkey.Config{})
	join := func(origin string) (enrol.Done, error) {
		begun, err := w.Enrol.Begin(t.Context(), enrol.Start{Ticket: link.Secret})
		must(t, err)
		return w.Enrol.Finish(t.Context(), enrol.Answer{ID: begun.ID, Credential: Create(t, key, begun.Options), Origin: origin})
	}
	_, err := join(shop)
	refused(t, err, "origin_gone") // not yet named
	_, err = join("")
	refusedAt(t, err, "7.1-9")

	must(t, w.Govern.SetRelatedOrigins(t.Context(), Host, []string{shop, wiki}, ""))
	list, err := w.Govern.RelatedOrigins(t.Context(), Host)
	must(t, err)
	if len(list) != 2 || list[0] != shop {
		t.Errorf("the list is %q", list)
	}
	_, err = join("")
	refusedAt(t, err, "7.1-9") // made there, sent to the server's own address
	_, err = join(wiki)
	refusedAt(t, err, "7.1-9")
	done, err := join(shop)
	must(t, err)
	if done.Session.Origin != shop {
		t.Errorf("the session is good at %q", done.Session.Origin)
	}

	_, err = w.visits(t, key, "")
	refusedAt(t, err, "7.2-12")
	_, err = w.visits(t, key, wiki)
	refusedAt(t, err, "7.2-12")
	in, err := w.visits(t, key, shop)
	must(t, err)
	if in.Session.Origin != shop {
		t.Errorf("the session is good at %q", in.Session.Origin)
	}

	t.Run("one that is used is not taken back unconfirmed", func(t *testing.T) {
		refused(t, w.Govern.SetRelatedOrigins(t.Context(), Host, []string{wiki}, ""), "origin_in_use")
		refused(t, w.Govern.SetRelatedOrigins(t.Context(), Host, []string{wiki}, org.Confirmation(2)), "origin_in_use")
		_, err := w.visits(t, key, shop)
		must(t, err)
		must(t, w.Govern.SetRelatedOrigins(t.Context(), Host, []string{shop}, "")) // nobody used the other
	})
	t.Run("who has moved on is not asked for", func(t *testing.T) {
		key.Config.Origin = Origin
		_, err := w.visits(t, key, "")
		must(t, err)
		refused(t, w.Govern.SetRelatedOrigins(t.Context(), Host, nil, ""), "origin_in_use")
		w.Wait(org.Lately)
		must(t, w.Govern.SetRelatedOrigins(t.Context(), Host, nil, ""))
		key.Config.Origin = shop
		_, err = w.visits(t, key, shop)
		refused(t, err, "origin_gone")
	})
	t.Run("with the words of the refusal", func(t *testing.T) {
		must(t, w.Govern.SetRelatedOrigins(t.Context(), Host, []string{shop}, ""))
		_, err := w.visits(t, key, shop)
		must(t, err)
		must(t, w.Govern.SetRelatedOrigins(t.Context(), Host, nil, org.Confirmation(1)))
	})
	t.Run("only by who may change settings", func(t *testing.T) {
		err := w.Govern.SetRelatedOrigins(t.Context(), Actor(done.Session), []string{wiki}, "")
		if holdfast.KindOf(err) != holdfast.Denied && holdfast.KindOf(err) != holdfast.Unsigned {
			t.Errorf("got %v", err)
		}
	})
	w.Check(t)
}

// What must be known at the next start.
func TestFoundingWritesTheRPIDDown(t *testing.T) {
	w := New(t)
	if _, err := w.DB.Setting(t.Context(), org.SettingRPID); holdfast.KindOf(err) != holdfast.NotFound {
		t.Errorf("before anybody has a passkey: %v", err)
	}
	w.Found(t, Key(softkey.Config{}))
	s, err := w.DB.Setting(t.Context(), org.SettingRPID)
	if err != nil || s.Value != "localhost" {
		t.Errorf("got %+v, %v", s, err)
	}
	w.Check(t)
}
