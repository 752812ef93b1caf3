// Package translog is the transparency log as the C2SP specifications have it:
// a Merkle tree over opaque records (RFC 6962 §2.1, as
// golang.org/x/mod/sumdb/tlog computes it), its head signed as a checkpoint
// (c2sp.org/tlog-checkpoint), its hashes and records laid out as tiles
// (c2sp.org/tlog-tiles), and the proofs between them (c2sp.org/tlog-proof).
//
// It refuses to store anything and to know what a record means: bytes in,
// hashes and verdicts out.
package translog

import (
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 node of the tree.
type Hash = tlog.Hash

// TileHeight is the tile height of c2sp.org/tlog-tiles: 8, so 256 hashes wide.
const TileHeight = 8

// TileWidth is how many hashes, or records, a full tile or bundle holds.
const TileWidth = 1 << TileHeight

// MaxRecord is the longest record: an entry bundle prefixes each with 16 bits.
const MaxRecord = 1<<16 - 1

// LeafHash is the hash of a record: SHA-256(0x00 || record).
func LeafHash(record []byte) Hash { return tlog.RecordHash(record) }

// EmptyRoot is the root of the tree without records: SHA-256 of nothing.
func EmptyRoot() Hash {
	var f Frontier
	return f.Root()
}

// A Frontier is all that appending needs to know of a tree: the roots of its
// complete subtrees, the largest first. The zero Frontier is the empty tree.
type Frontier struct {
	size  int64
	roots []Hash
}

// Size is the number of records.
func (f *Frontier) Size() int64 { return f.size }

// Append adds the hash of one more record.
func (f *Frontier) Append(leaf Hash) {
	h := leaf
	for n := f.size; n&1 == 1; n >>= 1 {
		last := len(f.roots) - 1
		h = tlog.NodeHash(f.roots[last], h)
		f.roots = f.roots[:last]
	}
	f.roots = append(f.roots, h)
	f.size++
}

// Root is the tree's root hash.
func (f *Frontier) Root() Hash {
	if f.size == 0 {
		h, _ := tlog.TreeHash(0, nil) // reads nothing
		return h
	}
	h := f.roots[len(f.roots)-1]
	for i := len(f.roots) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.roots[i], h)
	}
	return h
}

// Marshal gives the subtree roots, 32 bytes each. The size is kept beside.
func (f *Frontier) Marshal() []byte {
	b := make([]byte, 0, len(f.roots)*tlog.HashSize)
	for _, h := range f.roots {
		b = append(b, h[:]...)
	}
	return b
}

var errFrontier = errors.New("the frontier does not fit the size of the tree")

// ParseFrontier is the reverse of Marshal.
func ParseFrontier(size int64, b []byte) (Frontier, error) {
	if size < 0 || len(b) != bits.OnesCount64(uint64(size))*tlog.HashSize {
		return Frontier{}, fmt.Errorf("parse frontier of size %d, %d bytes: %w", size, len(b), errFrontier)
	}
	return Frontier{size, splitHashes(b)}, nil
}

// Subtrees calls f with the range [lo, hi) and the root of each complete
// subtree, the oldest first.
func (f *Frontier) Subtrees(visit func(lo, hi int64, root Hash)) {
	var lo int64
	rest := uint64(f.size)
	for _, h := range f.roots {
		width := int64(1) << (bits.Len64(rest) - 1)
		visit(lo, lo+width, h)
		lo += width
		rest &^= uint64(width)
	}
}

// Clone is a copy that shares nothing with f.
func (f *Frontier) Clone() Frontier {
	return Frontier{f.size, append([]Hash(nil), f.roots...)}
}

func splitHashes(b []byte) []Hash {
	hs := make([]Hash, len(b)/tlog.HashSize)
	for i := range hs {
		copy(hs[i][:], b[i*tlog.HashSize:])
	}
	return hs
}

func joinHashes(hs []Hash) []byte {
	b := make([]byte, 0, len(hs)*tlog.HashSize)
	for _, h := range hs {
		b = append(b, h[:]...)
	}
	return b
}
