package audit

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// every has a column of each mapping.
type every struct {
	ID   string
	Flag bool
	N    int32
	U    uint32
	At   time.Time
	Raw  []byte
	List []string
}

func (*every) Table() string { return "every" }

func (e *every) Columns(c *Columns) {
	StringColumn(c, "id", &e.ID)
	c.Bool("flag", &e.Flag)
	IntColumn(c, "n", &e.N)
	c.Uint32("u", &e.U)
	c.Time("at", &e.At)
	c.Bytes("raw", &e.Raw)
	c.Strings("list", &e.List)
}

func TestColumnsCarryARecordThere(t *testing.T) {
	for _, want := range []every{
		{},
		{ID: "e", Flag: true, N: -5, U: 1<<32 - 1, At: time.UnixMicro(1_700_000_000_123_456).UTC(), Raw: []byte{0, 255}, List: []string{"a", `"<b>`}},
	} {
		var got every
		to := ColumnsOf(&got)
		for i, c := range ColumnsOf(&want) {
			if err := to[i].SetValue(c.Value()); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}

func TestColumnsRefuseAnotherKind(t *testing.T) {
	var e every
	for _, c := range ColumnsOf(&e) {
		for _, v := range []any{"text", int64(1), []byte{1}, nil, true} {
			_, text := v.(string)
			_, number := v.(int64)
			_, raw := v.([]byte)
			fits := c.Kind == Text && text || c.Kind == Int && number || c.Kind == Bytes && raw
			if c.Name == "list" && text { // and it must be a list
				fits = false
			}
			if err := c.SetValue(v); (err == nil) != fits {
				t.Errorf("column %s was given a %T: %v", c.Name, v, err)
			}
		}
	}
}

func TestColumnsNeedNoMemoryEach(t *testing.T) {
	var e every
	if n := testing.AllocsPerRun(100, func() { ColumnsOf(&e) }); n > 1 {
		t.Errorf("the columns of a record took %v allocations, want that of the list alone", n)
	}
}
