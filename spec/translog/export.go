package translog

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// CheckpointPath is where an export has its checkpoint, c2sp.org/tlog-tiles.
const CheckpointPath = "checkpoint"

// A Sink takes the files of an export. Names are relative, with slashes.
type Sink interface {
	WriteFile(name string, data []byte) error
}

// Files gives the files of an export: fs.ReadFileFS has this method.
type Files interface {
	ReadFile(name string) ([]byte, error)
}

// An Exporter writes a log as static files in the layout of
// c2sp.org/tlog-tiles, which any tlog client reads.
type Exporter struct {
	sink    Sink
	builder Builder
	bundle  []byte
	inside  int
	bundles int64
}

// NewExporter writes to sink.
func NewExporter(sink Sink) *Exporter {
	e := &Exporter{sink: sink}
	e.builder.Emit = func(level int, n int64, hashes []byte) error {
		return sink.WriteFile(TilePath(level, n, len(hashes)/len(Hash{})), hashes)
	}
	return e
}

// Record takes the next record.
func (e *Exporter) Record(body []byte) (err error) {
	if e.bundle, err = AppendEntry(e.bundle, body); err != nil {
		return err
	}
	if e.inside++; e.inside == TileWidth {
		if err := e.writeBundle(); err != nil {
			return err
		}
	}
	return e.builder.Add(LeafHash(body))
}

func (e *Exporter) writeBundle() error {
	err := e.sink.WriteFile(EntriesPath(e.bundles, e.inside), e.bundle)
	e.bundle, e.inside = nil, 0
	e.bundles++
	return err
}

// Finish writes the right edge and the checkpoint. It refuses a checkpoint
// that does not fit what was written.
func (e *Exporter) Finish(signed string, c Checkpoint) error {
	if e.builder.Size() != c.Size || e.builder.Root() != c.Root {
		return errors.New("export: the records do not fit the signed head: verify the log")
	}
	if e.inside > 0 {
		if err := e.writeBundle(); err != nil {
			return err
		}
	}
	if err := e.builder.Finish(); err != nil {
		return err
	}
	return e.sink.WriteFile(CheckpointPath, []byte(signed))
}

// CheckFiles verifies an export offline. visit, if not nil, is given each
// record.
func CheckFiles(files Files, v note.Verifier, lastSeen *Checkpoint, visit func(index int64, record []byte) error) (Checkpoint, []Damage, error) {
	signed, err := files.ReadFile(CheckpointPath)
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("check export: %w", err)
	}
	head, err := OpenCheckpoint(string(signed), v)
	if err != nil {
		return Checkpoint{}, []Damage{{Forged, -1, "The checkpoint is not signed by this log's key."}}, nil
	}
	c := &Check{Head: &head, LastSeen: lastSeen, Tiles: fileTiles{files}}
	for n := int64(0); n*TileWidth < head.Size; n++ {
		if err := c.bundle(files, n, visit); err != nil {
			return head, nil, err
		}
	}
	damage, err := c.Finish()
	return head, damage, err
}

func (c *Check) bundle(files Files, n int64, visit func(int64, []byte) error) error {
	width := int(min(TileWidth, c.Head.Size-n*TileWidth))
	name := EntriesPath(n, width)
	data, err := files.ReadFile(name)
	if err != nil {
		c.found(Dropped, n*TileWidth, "The file %s is missing.", name)
	}
	records, err := ParseEntries(data)
	if err != nil {
		c.found(Edited, n*TileWidth, "The file %s is damaged.", name)
		records = nil
	}
	for i := range width {
		if i >= len(records) {
			if err := c.Gap(); err != nil {
				return err
			}
			continue
		}
		if err := c.Record(records[i], nil); err != nil {
			return err
		}
		if visit != nil {
			if err := visit(c.Size()-1, records[i]); err != nil {
				return err
			}
		}
	}
	if len(records) > width {
		c.found(Inserted, n*TileWidth+int64(width), "The file %s has more records than the tree.", name)
	}
	return nil
}

type fileTiles struct{ files Files }

func (f fileTiles) ReadTile(level int, n int64, width int) ([]byte, error) {
	return f.files.ReadFile(TilePath(level, n, width))
}

// TarSink writes an export as a tar archive. The caller closes w.
type TarSink struct {
	W  *tar.Writer
	At time.Time // of every file
}

// WriteFile is Sink.
func (s TarSink) WriteFile(name string, data []byte) error {
	h := &tar.Header{Name: name, Mode: 0o600, Size: int64(len(data)), ModTime: s.At, Typeflag: tar.TypeReg, Format: tar.FormatPAX}
	if err := s.W.WriteHeader(h); err != nil {
		return err
	}
	_, err := s.W.Write(data)
	return err
}

// TarFiles are the files of a tar archive, held in memory.
type TarFiles map[string][]byte

// ErrTarTooLarge is the answer to an archive above the caller's limit.
var ErrTarTooLarge = errors.New("the archive is larger than allowed: unpack it and verify the folder")

// ReadTar reads an archive that has at most limit bytes of content.
func ReadTar(r io.Reader, limit int64) (TarFiles, error) {
	files := TarFiles{}
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read archive: %w", err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if h.Size > limit {
			return nil, ErrTarTooLarge
		}
		limit -= h.Size
		data, err := io.ReadAll(t)
		if err != nil {
			return nil, fmt.Errorf("read archive: %w", err)
		}
		files[strings.TrimPrefix(h.Name, "./")] = data
	}
}

// ReadFile is Files.
func (f TarFiles) ReadFile(name string) ([]byte, error) {
	data, ok := f[name]
	if !ok {
		return nil, fmt.Errorf("the archive has no %s", name)
	}
	return data, nil
}
