package store_test

import (
	"context"
	"strings"
	"testing"

	"holdfast"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
)

// Accounts are read a batch after another, and some again after each event:
// neither may read a table from its beginning.
func TestAccountsAreReadByIndexes(t *testing.T) {
	db, ctx := storetest.SQLite(t).Open(t), context.Background()
	somebody, events := storetest.Somebody(t, 1)
	err := db.InTx(ctx, func(tx *store.Tx) error { return tx.Record(ctx, storetest.By(), events...) })
	if err != nil {
		t.Fatal(err)
	}
	belongings := []string{"membership_person", "credential_person", "judgement_person", "ticket_person", "surrounding_person", "api_token_owner"}
	for name, c := range map[string]struct {
		by   string
		read func(store.Reader) error
	}{
		"behind one": {"(id>?)", func(r store.Reader) error {
			got, err := r.HeldAfter(ctx, "", 50)
			if len(got) != 1 {
				t.Errorf("%d accounts", len(got))
			}
			return err
		}},
		"by id": {"(id=?)", func(r store.Reader) error {
			_, err := r.Held(ctx, []holdfast.PersonID{somebody.Record.ID})
			return err
		}},
	} {
		plans, err := store.Plans(db, c.read)
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Join(plans, "\n")
		for _, index := range append(belongings, "sqlite_autoindex_person_1 "+c.by) {
			if !strings.Contains(all, index) {
				t.Errorf("%s: %s is not used:\n%s", name, index, all)
			}
		}
		if strings.Contains(all, "SCAN ") {
			t.Errorf("%s: it reads all of a table:\n%s", name, all)
		}
	}
}
