package store

import (
	"bytes"
	"context"
	"fmt"

	"holdfast"
	"holdfast/domain/metadata"
)

// MetadataTopic is woken on every node when another BLOB is the current one.
const MetadataTopic = "metadata"

// metadataPart is how much of a BLOB is in one row: a backup has a line for
// each, and lines have a bound.
const metadataPart = 1 << 20

// CurrentMetadata gives the BLOB with the highest number, or the zero Record
// where none was imported.
func (r reader) CurrentMetadata(ctx context.Context) (metadata.Record, error) {
	rs, err := list[metadata.Record](ctx, r, "where no = (select max(no) from metadata_blob)")
	if err != nil || len(rs) == 0 {
		return metadata.Record{}, err
	}
	return rs[0], nil
}

// MetadataHistory lists what was imported, the newest first.
func (r reader) MetadataHistory(ctx context.Context, limit int) ([]metadata.Record, error) {
	return list[metadata.Record](ctx, r, "order by no desc limit $1", limit)
}

// MetadataBody gives the bytes of a BLOB. Those of BLOBs that were replaced are
// not kept. Nothing is verified: see metadata.Record.Blob.
func (r reader) MetadataBody(ctx context.Context, id string) ([]byte, error) {
	parts, err := blobs(ctx, r.q, "select body from metadata_body where blob = $1 order by part", id)
	if err == nil && len(parts) == 0 {
		err = holdfast.Errorf(holdfast.NotFound, "no_such_metadata_body", "The bytes of this metadata BLOB are not here. Import it again.")
	}
	if err != nil {
		return nil, err
	}
	return bytes.Join(parts, nil), nil
}

// PutMetadataBody keeps the bytes of a BLOB, forgets those of all others, and
// wakes MetadataTopic. It belongs with the event that makes id the current one.
func (tx *Tx) PutMetadataBody(ctx context.Context, id string, body []byte) error {
	if err := tx.later(ctx, "delete from metadata_body"); err != nil {
		return err
	}
	for part := 0; len(body) > 0; part++ {
		n := min(len(body), metadataPart)
		if err := tx.later(ctx, "insert into metadata_body (id, blob, part, body) values ($1, $2, $3, $4)",
			fmt.Sprintf("%s/%03d", id, part), id, int64(part), body[:n]); err != nil {
			return err
		}
		body = body[n:]
	}
	tx.Wake(MetadataTopic)
	return nil
}
