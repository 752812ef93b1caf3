package translog

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Tiles reads hash tiles: width hashes of 32 bytes each, from the left. A full
// tile is TileWidth wide.
type Tiles interface {
	ReadTile(level int, n int64, width int) ([]byte, error)
}

// TilePath is where a hash tile stands, c2sp.org/tlog-tiles:
// "tile/0/x001/234", or "tile/0/x001/234.p/5" when partial.
func TilePath(level int, n int64, width int) string {
	return fmt.Sprintf("tile/%d/%s", level, tileNumber(n, width))
}

// EntriesPath is where a bundle of records stands: "tile/entries/000.p/7".
func EntriesPath(n int64, width int) string {
	return "tile/entries/" + tileNumber(n, width)
}

func tileNumber(n int64, width int) string {
	s := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		s = fmt.Sprintf("x%03d/%s", n%1000, s)
	}
	if width < TileWidth {
		s += fmt.Sprintf(".p/%d", width)
	}
	return s
}

// AppendEntry adds a record to a bundle: its length in two bytes, big-endian,
// and itself.
func AppendEntry(bundle, record []byte) ([]byte, error) {
	if len(record) > MaxRecord {
		return nil, fmt.Errorf("append entry: a record of %d bytes; the longest has %d", len(record), MaxRecord)
	}
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(record)))
	return append(bundle, record...), nil
}

// ParseEntries splits a bundle.
func ParseEntries(bundle []byte) ([][]byte, error) {
	var out [][]byte
	for len(bundle) > 0 {
		if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
			return nil, fmt.Errorf("parse entries: record %d of the bundle is cut off", len(out))
		}
		n := int(binary.BigEndian.Uint16(bundle))
		out = append(out, bundle[2:2+n:2+n])
		bundle = bundle[2+n:]
		if len(out) > TileWidth {
			return nil, fmt.Errorf("parse entries: more than %d records in a bundle", TileWidth)
		}
	}
	return out, nil
}

// TileRoot is the root of a full tile: one hash of the tile above.
func TileRoot(data []byte) (Hash, error) {
	if len(data) != TileWidth*tlog.HashSize {
		return Hash{}, fmt.Errorf("tile root: %d bytes are no full tile", len(data))
	}
	hs := splitHashes(data)
	for len(hs) > 1 {
		for i := range len(hs) / 2 {
			hs[i] = tlog.NodeHash(hs[2*i], hs[2*i+1])
		}
		hs = hs[:len(hs)/2]
	}
	return hs[0], nil
}

// HashReader reads the hashes of c's tree out of tiles, and checks each tile
// against c's root: what it returns is proven to be in the tree.
func HashReader(c Checkpoint, r Tiles) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: c.Root}, tileReader{r})
}

type tileReader struct{ tiles Tiles }

func (tileReader) Height() int                     { return TileHeight }
func (tileReader) SaveTiles([]tlog.Tile, [][]byte) {}
func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, t := range tiles {
		b, err := r.tiles.ReadTile(t.L, t.N, t.W)
		if err != nil {
			return nil, fmt.Errorf("read tile %s: %w", TilePath(t.L, t.N, t.W), err)
		}
		data[i] = b
	}
	return data, nil
}

// A Builder makes the tiles of a tree as its records come.
type Builder struct {
	Frontier
	Emit func(level int, n int64, hashes []byte) error // full tiles; at Finish, partial ones

	levels [][]Hash // the tile under way at each level
	counts []int64  // full tiles so far at each level
}

// Add appends the hash of a record, and emits the tiles that it completes.
func (b *Builder) Add(leaf Hash) error {
	b.Append(leaf)
	return b.add(0, leaf)
}

func (b *Builder) add(level int, h Hash) error {
	if level == len(b.levels) {
		b.levels = append(b.levels, make([]Hash, 0, TileWidth))
		b.counts = append(b.counts, 0)
	}
	b.levels[level] = append(b.levels[level], h)
	if len(b.levels[level]) < TileWidth {
		return nil
	}
	data := joinHashes(b.levels[level])
	b.levels[level] = b.levels[level][:0]
	n := b.counts[level]
	b.counts[level]++
	if err := b.Emit(level, n, data); err != nil {
		return err
	}
	root, err := TileRoot(data)
	if err != nil {
		return err
	}
	return b.add(level+1, root)
}

// Finish emits the partial tiles on the right edge.
func (b *Builder) Finish() error {
	for level, hs := range b.levels {
		if len(hs) == 0 {
			continue
		}
		if err := b.Emit(level, b.counts[level], joinHashes(hs)); err != nil {
			return err
		}
	}
	return nil
}
