package mds_test

import (
	"crypto/x509"
	"testing"
	"time"

	"holdfast/spec/mds"
	"holdfast/test/mdsblob"
	"holdfast/test/need"
	"os"
	"path/filepath"
)

func BenchmarkParse(b *testing.B) {
	folder := filepath.Join(need.Root(b), "../shared/testdata/mds")
	blob, err := os.ReadFile(need.File(b, filepath.Join(folder, "conformance-no42-valid-2022.jwt")))
	if err != nil {
		b.Fatal(err)
	}
	_, roots := fido(b, "conformance-no42-valid-2022.jwt")
	b.SetBytes(int64(len(blob)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := mds.Parse(blob, roots, time.Date(2022, 11, 1, 0, 0, 0, 0, time.UTC)); err != nil {
			b.Fatal(err)
		}
	}
}

// What a judgement asks: the anchors of a model.
func BenchmarkFor(b *testing.B) {
	a := mdsblob.New("test")
	blob, err := mds.Parse(a.Sign(payload(mdsblob.Blob{Entries: []mdsblob.Entry{mdsblob.Certified(model, a.Root, "FIDO_CERTIFIED_L2")}})), []*x509.Certificate{a.Root}, noon)
	if err != nil {
		b.Fatal(err)
	}
	anchors := blob.For(noon)
	b.ReportAllocs()
	for b.Loop() {
		if len(anchors("packed", model, a.Signer)) != 1 {
			b.Fatal("no anchor")
		}
	}
}
