package census_test

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"syscall"
	"testing"
	"time"

	"holdfast/domain/exposure/census"
	"holdfast/test/organisation"
)

var sizes = []int{10_000, 100_000}

func BenchmarkCensus(b *testing.B) {
	for _, n := range sizes {
		o := organisation.New(n, 1)
		b.Run(fmt.Sprint(n), func(b *testing.B) { curve(b, o) })
	}
}

func curve(b *testing.B, o *organisation.Organisation) {
	c := census.New(organisation.Now)
	c.Policy(organisation.Policy())
	c.Powers(o.Powers())
	began := used()
	for h := range o.All() {
		c.Put(h)
	}
	b.Logf("put: %s", used()-began)
	began = used()
	settle(c, o)
	b.Logf("settle with wants: %s", used()-began)
	began = used()
	c.Policy(organisation.Policy())
	c.Settle(organisation.Now)
	b.Logf("full: %s", used()-began)
	v := c.Overview()
	b.Logf("shapes %d core %d", v.Shapes, v.Core)
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.Logf("heap %d per account", int(m.HeapAlloc)/o.People)
	if f, err := os.Create("/tmp/heap.prof"); err == nil {
		pprof.WriteHeapProfile(f)
		f.Close()
	}
	began = used()
	c.Top(20)
	b.Logf("top: %s", used()-began)
	began = used()
	bl := c.Blast([]string{"corrupt:" + string(o.ID(3))}, "", 20)
	b.Logf("blast: %s %d %d", used()-began, bl.Accounts, bl.OneMore)
	began = used()
	for i := range 200 {
		c.Put(o.Held(o.People/2 + i))
		c.Settle(organisation.Now)
	}
	b.Logf("event: %s", (used()-began)/200)
}

// used is the processor time of this process: the machine is shared.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
