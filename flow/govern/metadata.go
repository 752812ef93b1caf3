package govern

import (
	"context"
	"crypto/x509"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/metadata"
	"holdfast/spec/mds"
)

// MetadataImport is a BLOB of the FIDO Metadata Service to import.
type MetadataImport struct {
	JWT    []byte
	Roots  []*x509.Certificate // that may vouch for it
	CRLs   []*x509.RevocationList
	Source string // where it was found
}

// maxSource bounds what is kept of where a BLOB was found.
const maxSource = 500

// ImportMetadata verifies a BLOB and makes it the one that authenticators are
// judged by. One that is not genuine is refused with the code of spec/mds, one
// that is older than the current one with mds_older; the current one stays.
func (f *Flow) ImportMetadata(ctx context.Context, by holdfast.Actor, in MetadataImport) (metadata.Record, error) {
	if err := f.Allowed(ctx, by, authority.PolicyWrite); err != nil {
		return metadata.Record{}, err
	}
	b, err := mds.Parse(in.JWT, in.Roots, f.clock(), in.CRLs...) // outside of the transaction: it takes its time
	if err != nil {
		return metadata.Record{}, err
	}
	if len(in.Source) > maxSource {
		in.Source = in.Source[:maxSource]
	}
	var out metadata.Record
	err = f.do(ctx, by, authority.PolicyWrite, func(tx Tx, r right) ([]audit.Event, error) {
		current, err := tx.CurrentMetadata(ctx)
		if err != nil {
			return nil, err
		}
		var events []audit.Event
		out, events, err = metadata.Import(current, in.JWT, b, by, in.Source, r.now)
		if err != nil || len(events) == 0 {
			return nil, err
		}
		return events, tx.PutMetadataBody(ctx, out.ID, in.JWT)
	})
	return out, err
}
