package console_test

import (
	"net/http"
	"testing"
	"time"

	"holdfast/edge/store"
	"holdfast/edge/web/page"
)

// What was given up is tried again by a button, and the log says who pressed it.
func TestWhatWasGivenUpIsTriedAgain(t *testing.T) {
	o := open(t)
	ctx := t.Context()
	err := o.DB.InTx(ctx, func(tx *store.Tx) error {
		return tx.PutDelivery(ctx, store.Delivery{Kind: store.MailKind, Target: "mail.example.org", Body: []byte("a letter")})
	})
	if err != nil {
		t.Fatal(err)
	}
	wantNot(t, o.admin.Get(page.PathSettings), "Try again")
	taken, err := o.DB.LeaseDeliveries(ctx, []store.Lane{{Kind: store.MailKind, Target: "mail.example.org", N: 1}}, o.Now(), o.Now().Add(time.Minute))
	if err != nil || len(taken) != 1 {
		t.Fatal(taken, err)
	}
	if err := o.DB.GiveUpDelivery(ctx, taken[0], o.Now(), "550 no such mailbox"); err != nil {
		t.Fatal(err)
	}
	wantText(t, o.admin.Get(page.PathSettings), http.StatusOK, "Given up lately", "550 no such mailbox", "Try again")
	wantTo(t, o.admin.Post(page.PathSettings, page.PathSettings+"/outbox", "kind", store.MailKind), page.PathSettings+"#outbox")
	wantText(t, o.admin.Get(page.PathSettings), http.StatusOK, "1 message is tried again now")
	wantNot(t, o.admin.Get(page.PathSettings), "Given up lately")
	counts, err := o.DB.Outbox(ctx)
	if err != nil || len(counts) != 1 || counts[0].Waiting != 1 || counts[0].Dead != 0 {
		t.Errorf("%+v %v", counts, err)
	}
	wantText(t, o.admin.Get(page.PathAudit+"?type=outbox.revived"), http.StatusOK, "Ada Lovelace had given-up messages tried again")

	// Nothing to try again is said, and is no record.
	records := o.Records()
	wantTo(t, o.admin.Post(page.PathSettings, page.PathSettings+"/outbox", "kind", "logout"), page.PathSettings+"#outbox")
	wantText(t, o.admin.Get(page.PathSettings), http.StatusOK, "Nothing of this kind was given up")
	if got := o.Records(); got != records {
		t.Errorf("%d records", got-records)
	}
}
