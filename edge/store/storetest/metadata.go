package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/metadata"
	"holdfast/edge/store"
	"holdfast/spec/mds"
)

// metadataBlobs: the current one is that with the highest number, its bytes come
// back whole, those of others go, other nodes are woken, and the log, which
// holds no bytes, verifies.
func metadataBlobs(t *testing.T, p Place) {
	ctx := context.Background()
	db := p.Open(t)
	other := db
	if p.Shared {
		other = p.Open(t)
	}
	if r, err := db.CurrentMetadata(ctx); err != nil || r.ID != "" {
		t.Fatalf("before the first: %+v, %v", r, err)
	}
	wakes := other.Wakes(ctx, store.MetadataTopic)
	root := &x509.Certificate{Raw: []byte("a root")} // the store looks at no content
	var last metadata.Record
	for no := int64(7); no < 9; no++ {
		body := make([]byte, 3<<20|1)
		rand.Read(body)
		b := &mds.Blob{No: no, NextUpdate: Now(), LegalHeader: "terms", Root: root}
		r, events, err := metadata.Import(last, body, b, By().Actor, "file", Now())
		if err != nil {
			t.Fatal(err)
		}
		if err := db.InTx(ctx, func(tx *store.Tx) error {
			if err := tx.PutMetadataBody(ctx, r.ID, body); err != nil {
				return err
			}
			return tx.Record(ctx, By(), events...)
		}); err != nil {
			t.Fatal(err)
		}
		got, err := other.CurrentMetadata(ctx)
		if err != nil || got.ID != r.ID || got.No != no || !bytes.Equal(got.Root, root.Raw) || !got.NextUpdate.Equal(r.NextUpdate) || got.Legal != "terms" {
			t.Errorf("%d: %+v, %v", no, got, err)
		}
		if kept, err := other.MetadataBody(ctx, r.ID); err != nil || !bytes.Equal(kept, body) {
			t.Errorf("%d: %d bytes came back of %d, %v", no, len(kept), len(body), err)
		}
		if last.ID != "" {
			_, err := db.MetadataBody(ctx, last.ID)
			wantKind(t, err, holdfast.NotFound, "no_such_metadata_body")
		}
		last = r
	}
	select {
	case <-wakes:
	case <-time.After(10 * time.Second):
		t.Error("nobody was woken")
	}
	if all, err := db.MetadataHistory(ctx, 10); err != nil || len(all) != 2 || all[0].No != 8 {
		t.Errorf("history: %+v, %v", all, err)
	}
	report, err := db.Verify(ctx, nil)
	if err != nil || !report.Whole() {
		t.Errorf("%+v, %v", report, err)
	}
	leaves, err := db.Tail(ctx, store.Filter{Type: string(metadata.Imported), Limit: 10})
	if err != nil || len(leaves) != 2 || len(leaves[0].Body) > 8<<10 {
		t.Errorf("%d records of %d bytes, %v", len(leaves), len(leaves[0].Body), err)
	}
}
