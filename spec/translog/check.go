package translog

import (
	"bytes"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Kind is what was done to a log.
type Kind string

const (
	Edited    Kind = "edited"    // a record is not the one that was logged
	Dropped   Kind = "dropped"   // a record is gone
	Inserted  Kind = "inserted"  // a record was never logged
	Reordered Kind = "reordered" // records changed places
	Truncated Kind = "truncated" // the newest records are gone
	Forged    Kind = "forged"    // the head is not signed by this log's key
	Forked    Kind = "forked"    // the log is not the one that was seen before
	Tile      Kind = "tile"      // a tile does not fit the records
)

// A Damage is one thing that is wrong with a log. Index is the record, or -1
// when it cannot be told.
type Damage struct {
	Kind  Kind   `json:"kind"`
	Index int64  `json:"index"`
	Text  string `json:"text"`
}

// A Check walks a whole log once, from record 0, and finds what was done to
// it. What it can say depends on what it is given: a signed head finds any
// change, tiles tell where, and the last checkpoint seen finds a log that was
// put back to an older head or replaced by another one.
type Check struct {
	Head     *Checkpoint // as signed; nil when there is none that can be believed
	LastSeen *Checkpoint // from outside; may be nil
	Tiles    Tiles       // as stored; may be nil
	Frontier *Frontier   // as stored beside the head; may be nil

	damage  []Damage
	builder Builder
	atHead  *Frontier // the tree as computed, at Head.Size
	atLast  *Frontier
	differ  []difference
	known   map[int64]bool
	roots   map[int64]subtree // of Frontier, by hi; nil when it does not fit the signed head
	wrong   *subtree          // the first of them that is not as computed
}

// A subtree is complete and holds the records [lo, hi).
type subtree struct {
	lo, hi int64
	root   Hash
}

// A difference is a record that is not the one that a tile has there.
type difference struct {
	index            int64
	computed, stored Hash
}

// maxDifferences bounds what is told apart: a log that is wholly rewritten
// needs no list.
const maxDifferences = 4096

// Record takes the next record. hash is the one stored beside it, or nil.
func (c *Check) Record(body []byte, hash []byte) error {
	h := LeafHash(body)
	if hash != nil && !bytes.Equal(hash, h[:]) {
		c.found(Edited, c.Size(), "Record %d was edited: it does not fit its own hash.", c.Size())
		if len(hash) == tlog.HashSize {
			h = Hash(hash)
		}
	}
	return c.add(h)
}

// Gap says that the next record is not there.
func (c *Check) Gap() error {
	c.found(Dropped, c.Size(), "Record %d is gone.", c.Size())
	return c.add(Hash{})
}

// Size is the number of records so far.
func (c *Check) Size() int64 { return c.builder.Size() }

func (c *Check) add(h Hash) error {
	if c.builder.Emit == nil {
		c.begin()
	}
	if err := c.builder.Add(h); err != nil {
		return err
	}
	c.mark()
	return nil
}

// mark keeps the tree as it was at the sizes that are signed.
func (c *Check) mark() {
	if c.Head != nil && c.Size() == c.Head.Size {
		f := c.builder.Clone()
		c.atHead = &f
	}
	if c.LastSeen != nil && c.Size() == c.LastSeen.Size {
		f := c.builder.Clone()
		c.atLast = &f
	}
	if want, ok := c.roots[c.Size()]; ok && c.wrong == nil && c.builder.roots[len(c.builder.roots)-1] != want.root {
		c.wrong = &want
	}
}

// begin prepares what the records are held against.
func (c *Check) begin() {
	c.builder.Emit = c.compareTile
	if c.Head != nil && c.Frontier != nil && c.Frontier.Size() == c.Head.Size && c.Frontier.Root() == c.Head.Root {
		c.roots = map[int64]subtree{}
		c.Frontier.Subtrees(func(lo, hi int64, root Hash) { c.roots[hi] = subtree{lo, hi, root} })
	}
	c.mark()
}

func (c *Check) found(k Kind, index int64, format string, args ...any) {
	if c.known == nil {
		c.known = map[int64]bool{}
	}
	c.known[index] = true
	c.damage = append(c.damage, Damage{k, index, fmt.Sprintf(format, args...)})
}

// compareTile holds a computed tile against the stored one.
func (c *Check) compareTile(level int, n int64, computed []byte) error {
	if c.Tiles == nil {
		return nil
	}
	width := len(computed) / tlog.HashSize
	stored, err := c.Tiles.ReadTile(level, n, width)
	if err != nil || len(stored) != len(computed) {
		c.found(Tile, -1, "The tile %s is missing or damaged.", TilePath(level, n, width))
		return nil
	}
	if level > 0 {
		if !bytes.Equal(stored, computed) && len(c.damage) == 0 && len(c.differ) == 0 {
			c.found(Tile, -1, "The tile %s does not fit the records.", TilePath(level, n, width))
		}
		return nil
	}
	ch, sh := splitHashes(computed), splitHashes(stored)
	for i := range ch {
		index := n*TileWidth + int64(i)
		if ch[i] != sh[i] && !c.known[index] && len(c.differ) < maxDifferences {
			c.differ = append(c.differ, difference{index, ch[i], sh[i]})
		}
	}
	return nil
}

// Finish says all that is wrong; nothing, when the log is whole.
func (c *Check) Finish() ([]Damage, error) {
	if c.builder.Emit == nil {
		c.begin() // an empty log
	}
	if c.Tiles != nil {
		if err := c.builder.Finish(); err != nil {
			return nil, err
		}
	}
	shift := c.explain()
	c.checkHead(shift)
	c.checkLastSeen()
	return c.damage, nil
}

// explain turns differences into what was done. It gives by how many records
// what follows was moved: -1 for each that was dropped.
func (c *Check) explain() (shift int64) {
	d := c.differ
	if len(d) == 0 {
		return 0
	}
	if moved(d, func(a, b difference) bool { return a.computed == b.stored }) {
		c.found(Dropped, d[0].index, "Record %d is gone, and those behind it were moved up.", d[0].index)
		return -1
	}
	if moved(d, func(a, b difference) bool { return a.stored == b.computed }) {
		c.found(Inserted, d[0].index, "Record %d was inserted, and those behind it were moved down.", d[0].index)
		return 1
	}
	for i, a := range d {
		if c.known[a.index] {
			continue
		}
		j := slices.IndexFunc(d, func(b difference) bool { return b.computed == a.stored })
		if j >= 0 && j != i {
			c.found(Reordered, a.index, "Record %d stands where record %d belongs.", a.index, d[j].index)
			continue
		}
		c.found(Edited, a.index, "Record %d was edited, with its hash: the tile has another one.", a.index)
	}
	return 0
}

// moved says whether each difference is continued by the next one.
func moved(d []difference, follows func(a, b difference) bool) bool {
	if len(d) < 2 {
		return false
	}
	for i := range len(d) - 1 {
		if d[i+1].index != d[i].index+1 || !follows(d[i], d[i+1]) {
			return false
		}
	}
	return true
}

func (c *Check) checkHead(shift int64) {
	if c.Head == nil {
		c.found(Forged, -1, "The head of the log is not signed by this log's key.")
		return
	}
	n := c.Head.Size - c.Size()
	switch {
	case n > 0 && shift < 0: // explained
	case n > 0 && c.wrong != nil:
		c.found(Dropped, c.wrong.lo, "%d of the records %d to %d are gone, and those behind were moved up.", n, c.wrong.lo, c.Head.Size-1)
	case n > 0:
		c.found(Truncated, c.Size(), "The newest %d of %d records are gone.", n, c.Head.Size)
	case shift <= 0:
		for i := c.Head.Size; i < c.Size(); i++ {
			c.found(Inserted, i, "Record %d stands behind the signed head.", i)
		}
	}
	if c.atHead == nil || c.atHead.Root() == c.Head.Root || len(c.damage) > 0 {
		return
	}
	where := subtree{lo: 0, hi: c.Head.Size}
	if c.wrong != nil {
		where = *c.wrong
	}
	c.found(Edited, where.lo, "Some of the records %d to %d were edited or reordered, with their hashes: the signed head does not fit.", where.lo, where.hi-1)
}

func (c *Check) checkLastSeen() {
	last := c.LastSeen
	switch {
	case last == nil:
	case c.Head != nil && last.Origin != c.Head.Origin:
		c.found(Forked, -1, "The last checkpoint seen is of another log, %q.", clip(last.Origin))
	case c.Head != nil && c.Head.Size < last.Size:
		c.found(Truncated, c.Head.Size, "The log was put back: it has %d records, and %d were seen before.", c.Head.Size, last.Size)
	case c.atLast == nil && c.Size() < last.Size:
		c.found(Truncated, c.Size(), "The log has %d records, and %d were seen before.", c.Size(), last.Size)
	case c.atLast != nil && c.atLast.Root() != last.Root && len(c.damage) == 0:
		c.found(Forked, -1, "The first %d records are not those that were seen before: the log was rewritten and signed again.", last.Size)
	}
}
