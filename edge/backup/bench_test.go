package backup

import (
	"fmt"
	"os"
	"testing"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/person"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
)

// benchRecords is a log of an organisation's first months.
const benchRecords = 50_000

func benchDeployment(b *testing.B, place storetest.Place) *deployment {
	b.Helper()
	d := &deployment{Place: place, master: masterOf(b, 1)}
	var err error
	if d.Config.Signer, d.Config.Verifier, d.key, err = d.master.Log(LogName(rpID)); err != nil {
		b.Fatal(err)
	}
	d.db = d.Open(b)
	for i := 0; i < benchRecords; i += 500 {
		err := d.db.InTx(b.Context(), func(tx *store.Tx) error {
			for j := i; j < i+500; j++ {
				p := person.Record{ID: holdfast.NewPersonID(), Name: fmt.Sprintf("Person %d", j), Email: fmt.Sprintf("p%d@example.org", j),
					Handle: fmt.Appendf(nil, "%032d", j), Status: person.Active, Created: now}
				err := tx.Record(b.Context(), audit.By{Actor: system, At: now}, audit.New("person.created", string(p.ID), p.ID, audit.Set(&p)))
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return d
}

func BenchmarkMake(b *testing.B) {
	for name, place := range engine {
		b.Run(name, func(b *testing.B) {
			d := benchDeployment(b, place(b))
			seal, _ := lock(b)
			var m Made
			var err error
			for b.Loop() {
				if m, err = Make(b.Context(), d.source(), seal, b.TempDir(), now); err != nil {
					b.Fatal(err)
				}
				os.Remove(m.Path)
			}
			figures(b, m)
		})
	}
}

func BenchmarkRestore(b *testing.B) {
	for name, place := range engine {
		b.Run(name, func(b *testing.B) {
			d := benchDeployment(b, storetest.SQLite(b))
			seal, opener := lock(b)
			m, err := Make(b.Context(), d.source(), seal, b.TempDir(), now)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := restore(b.Context(), m.Path, opener, target(b, place(b))); err != nil {
					b.Fatal(err)
				}
			}
			figures(b, m)
		})
	}
}

// figures are what docs/backup.md says of speed and size.
func figures(b *testing.B, m Made) {
	perOp := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(float64(m.Records)/perOp, "records/s")
	b.ReportMetric(float64(m.Bytes)/float64(m.Records), "bytes/record")
}
