package backup

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"holdfast/domain/audit"
	"holdfast/edge/store"
)

// format is the version of what the lines mean.
const format = 1

// maxLine bounds a line that is read: the largest row is a record of the log
// with its personal values, far below this.
const maxLine = 16 << 20

// Header is a backup's first line.
type Header struct {
	Format     int       `json:"holdfast_backup"`
	Made       time.Time `json:"made"`
	Version    string    `json:"version"` // of the Holdfast that made it
	Engine     string    `json:"engine"`  // that it came from
	Step       int64     `json:"step"`    // of the schema
	RPID       string    `json:"rp_id"`
	Origin     string    `json:"origin"`
	Key        string    `json:"log_key"` // the log's public key
	Records    int64     `json:"records"` // in the log
	Checkpoint string    `json:"checkpoint"`
	MasterKey  string    `json:"master_key,omitempty"`
}

// tableLine begins a table; its rows follow, each an array.
type tableLine struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Kinds   []string `json:"kinds"` // text, int, bytes (base64)
}

// endLine ends a table.
type endLine struct {
	End  string `json:"end"`
	Rows int64  `json:"rows"`
}

// doneLine is the last.
type doneLine struct {
	Done   bool  `json:"done"`
	Tables int64 `json:"tables"`
	Rows   int64 `json:"rows"`
}

func kindName(k audit.Kind) string {
	return map[audit.Kind]string{audit.Text: "text", audit.Int: "int", audit.Bytes: "bytes"}[k]
}

func kindOf(name string) (audit.Kind, bool) {
	k, ok := map[string]audit.Kind{"text": audit.Text, "int": audit.Int, "bytes": audit.Bytes}[name]
	return k, ok
}

// writer is a store.Taker that writes lines.
type writer struct {
	to           *bufio.Writer
	header       Header
	table        string
	tables, rows int64
	line         []byte
}

func newWriter(to io.Writer, h Header) *writer {
	return &writer{to: bufio.NewWriterSize(to, 64<<10), header: h}
}

func (w *writer) put(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.to.Write(append(b, '\n'))
	return err
}

func (w *writer) Head(h store.Head) error {
	w.header.Engine, w.header.Step, w.header.Records, w.header.Checkpoint = h.Engine, h.Step, h.Size, h.Signed
	return w.put(w.header)
}

func (w *writer) Table(t store.Shape) error {
	line := tableLine{Table: t.Table}
	for _, c := range t.Columns {
		line.Columns, line.Kinds = append(line.Columns, c.Name), append(line.Kinds, kindName(c.Kind))
	}
	w.table = t.Table
	w.tables++
	return w.put(line)
}

func (w *writer) Row(row []any) error {
	w.line = append(w.line[:0], '[')
	for i, v := range row {
		if i > 0 {
			w.line = append(w.line, ',')
		}
		switch v := v.(type) {
		case int64:
			w.line = strconv.AppendInt(w.line, v, 10)
		case []byte:
			w.line = append(w.line, '"')
			w.line = base64.StdEncoding.AppendEncode(w.line, v)
			w.line = append(w.line, '"')
		case string:
			w.line = appendText(w.line, v)
		default:
			return fmt.Errorf("backup: a row of %s holds a %T", w.table, v)
		}
	}
	w.line = append(w.line, ']', '\n')
	_, err := w.to.Write(w.line)
	return err
}

// appendText is JSON; most text needs no escapes.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			text, _ := json.Marshal(s) // strings always marshal
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func (w *writer) EndTable(rows int64) error {
	w.rows += rows
	return w.put(endLine{w.table, rows})
}

func (w *writer) finish() error {
	return errors.Join(w.put(doneLine{true, w.tables, w.rows}), w.to.Flush())
}

// reader is a store.Giver that reads lines, and counts rows by table.
type reader struct {
	from   *bufio.Reader
	header Header
	shape  store.Shape
	inside bool // a table
	rows   map[string]int64
	tables int64
	total  int64
	long   []byte
	raw    []json.RawMessage
	row    []any
}

// readHeader stands behind the first line.
func readHeader(from io.Reader) (*reader, error) {
	r := &reader{from: bufio.NewReaderSize(from, 64<<10), rows: map[string]int64{}}
	line, err := r.line()
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(line, &r.header); err != nil || r.header.Format < 1 {
		return nil, errNoBackup.Because(err)
	}
	if r.header.Format > format {
		return nil, errTooNew
	}
	return r, nil
}

// line is the next one, good until the one after.
func (r *reader) line() ([]byte, error) {
	part, err := r.from.ReadSlice('\n')
	if err == nil {
		return part[:len(part)-1], nil
	}
	r.long = append(r.long[:0], part...)
	for errors.Is(err, bufio.ErrBufferFull) && len(r.long) <= maxLine {
		part, err = r.from.ReadSlice('\n')
		r.long = append(r.long, part...)
	}
	if err != nil {
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, errDamaged.Because(errors.New("a line is too long"))
		}
		return nil, readError(err)
	}
	return r.long[:len(r.long)-1], nil
}

func (r *reader) Table() (store.Shape, error) {
	line, err := r.line()
	if err != nil {
		return store.Shape{}, err
	}
	if r.inside {
		return store.Shape{}, errDamaged.Because(errors.New("a table begins inside another"))
	}
	if bytes.HasPrefix(line, []byte(`{"done"`)) {
		return store.Shape{}, r.done(line)
	}
	var t tableLine
	if err := json.Unmarshal(line, &t); err != nil || t.Table == "" || len(t.Columns) == 0 || len(t.Columns) != len(t.Kinds) {
		return store.Shape{}, errDamaged.Because(fmt.Errorf("%.60q begins no table", line))
	}
	r.shape = store.Shape{Table: t.Table}
	for i, name := range t.Columns {
		kind, ok := kindOf(t.Kinds[i])
		if !ok {
			return store.Shape{}, errDamaged.Because(fmt.Errorf("%.20q is no kind of column", t.Kinds[i]))
		}
		r.shape.Columns = append(r.shape.Columns, store.ShapeColumn{Name: name, Kind: kind})
	}
	r.inside, r.row = true, make([]any, len(t.Columns))
	r.tables++
	return r.shape, nil
}

// done is io.EOF when the last line counts what was read and nothing follows.
func (r *reader) done(line []byte) error {
	var d doneLine
	if err := json.Unmarshal(line, &d); err != nil || !d.Done || d.Tables != r.tables || d.Rows != r.total {
		return errDamaged.Because(errors.New("the last line does not count what stands before it"))
	}
	switch _, err := r.from.ReadByte(); {
	case err == nil:
		return errDamaged.Because(errors.New("something follows the last line"))
	case errors.Is(err, io.EOF):
		return io.EOF // now the encryption has vouched for every byte
	default:
		return readError(err)
	}
}

func (r *reader) Row() ([]any, error) {
	line, err := r.line()
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(line, []byte(`{"end"`)) {
		var e endLine
		if err := json.Unmarshal(line, &e); err != nil || e.End != r.shape.Table || e.Rows != r.rows[e.End] {
			return nil, errDamaged.Because(fmt.Errorf("the table %s does not have the rows that it had", r.shape.Table))
		}
		r.inside = false
		return nil, io.EOF
	}
	r.rows[r.shape.Table]++
	r.total++
	if err := r.parse(line); err != nil {
		return nil, errDamaged.Because(fmt.Errorf("row %d of %s: %w", r.rows[r.shape.Table], r.shape.Table, err))
	}
	return r.row, nil
}

func (r *reader) parse(line []byte) error {
	r.raw = r.raw[:0]
	if err := json.Unmarshal(line, &r.raw); err != nil {
		return err
	}
	if len(r.raw) != len(r.row) {
		return fmt.Errorf("%d values for %d columns", len(r.raw), len(r.row))
	}
	for i, c := range r.shape.Columns {
		var err error
		if r.row[i], err = value(c.Kind, r.raw[i]); err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	return nil
}

func value(kind audit.Kind, raw json.RawMessage) (any, error) {
	if kind == audit.Int {
		return strconv.ParseInt(string(raw), 10, 64)
	}
	if len(raw) < 2 || raw[0] != '"' {
		return nil, fmt.Errorf("%.20q is no text", raw)
	}
	var s string
	if text := raw[1 : len(raw)-1]; bytes.IndexByte(text, '\\') < 0 && isASCII(text) {
		s = string(text)
	} else if err := json.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	if kind == audit.Bytes {
		return base64.StdEncoding.Strict().DecodeString(s)
	}
	return s, nil
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
