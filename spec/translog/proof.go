package translog

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Proof shows that a record stands in the log at Index: the hashes from the
// leaf up to the root of a signed checkpoint, c2sp.org/tlog-proof.
type Proof struct {
	Index      int64
	Hashes     []Hash
	Checkpoint string // signed note
}

const proofHeader = "c2sp.org/tlog-proof@v1"

// ProveRecord makes the proof for the record at index in the tree that
// checkpoint signs.
func ProveRecord(index int64, checkpoint string, c Checkpoint, r Tiles) (Proof, error) {
	if index < 0 || index >= c.Size {
		return Proof{}, fmt.Errorf("prove record %d: the tree has %d records", index, c.Size)
	}
	hashes, err := tlog.ProveRecord(c.Size, index, HashReader(c, r))
	if err != nil {
		return Proof{}, fmt.Errorf("prove record %d: %w", index, err)
	}
	return Proof{Index: index, Hashes: hashes, Checkpoint: checkpoint}, nil
}

// Check says whether record is the one that p proves under v's signature.
func (p Proof) Check(record []byte, v note.Verifier) (Checkpoint, error) {
	c, err := OpenCheckpoint(p.Checkpoint, v)
	if err != nil {
		return Checkpoint{}, err
	}
	if p.Index < 0 || p.Index >= c.Size {
		return Checkpoint{}, fmt.Errorf("check proof: record %d is not within the %d of the checkpoint", p.Index, c.Size)
	}
	if err := tlog.CheckRecord(p.Hashes, c.Size, c.Root, p.Index, LeafHash(record)); err != nil {
		return Checkpoint{}, fmt.Errorf("check proof of record %d: %w", p.Index, err)
	}
	return c, nil
}

// String is the proof's file.
func (p Proof) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nindex %d\n", proofHeader, p.Index)
	for _, h := range p.Hashes {
		b.WriteString(h.String() + "\n")
	}
	return b.String() + "\n" + p.Checkpoint
}

// ParseProof reads a proof's file. Extra lines are not understood and refused.
func ParseProof(s string) (Proof, error) {
	head, checkpoint, ok := strings.Cut(s, "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 2 || lines[0] != proofHeader {
		return Proof{}, fmt.Errorf("parse proof: it does not begin with %q", proofHeader)
	}
	number, ok := strings.CutPrefix(lines[1], "index ")
	index, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || index < 0 || strconv.FormatInt(index, 10) != number {
		return Proof{}, fmt.Errorf("parse proof: the second line is not an index")
	}
	if len(lines)-2 > 63 {
		return Proof{}, fmt.Errorf("parse proof: %d hashes are more than any tree is high", len(lines)-2)
	}
	p := Proof{Index: index, Checkpoint: checkpoint}
	for _, l := range lines[2:] {
		b, err := base64.StdEncoding.DecodeString(l)
		if err != nil || len(b) != tlog.HashSize {
			return Proof{}, fmt.Errorf("parse proof: %q is no hash", clip(l))
		}
		p.Hashes = append(p.Hashes, Hash(b))
	}
	return p, nil
}

// ProveGrowth gives the hashes which show that old is a prefix of c.
func ProveGrowth(old, c Checkpoint, r Tiles) ([]Hash, error) {
	if old.Size > c.Size {
		return nil, fmt.Errorf("prove growth: the tree has %d records, fewer than %d", c.Size, old.Size)
	}
	if old.Size == 0 || old.Size == c.Size {
		return nil, nil
	}
	p, err := tlog.ProveTree(c.Size, old.Size, HashReader(c, r))
	if err != nil {
		return nil, fmt.Errorf("prove growth from %d to %d: %w", old.Size, c.Size, err)
	}
	return p, nil
}

// CheckGrowth says whether the log at c still begins with all that it had at
// old: nothing edited, dropped or reordered.
func CheckGrowth(old, c Checkpoint, proof []Hash) error {
	switch {
	case old.Origin != c.Origin:
		return fmt.Errorf("check growth: %q and %q are different logs", clip(old.Origin), clip(c.Origin))
	case old.Size > c.Size:
		return fmt.Errorf("check growth: the log shrank from %d to %d records", old.Size, c.Size)
	case old.Size == 0:
		return nil
	case old.Size == c.Size && old.Root != c.Root:
		return fmt.Errorf("check growth: two different trees of %d records", c.Size)
	case old.Size == c.Size:
		return nil
	}
	if err := tlog.CheckTree(proof, c.Size, c.Root, old.Size, old.Root); err != nil {
		return fmt.Errorf("check growth from %d to %d: %w", old.Size, c.Size, err)
	}
	return nil
}
