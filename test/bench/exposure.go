package main

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"time"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/census"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/policy"
	"holdfast/test/organisation"
)

// exposure measures the census of all accounts in one process, without a store:
// made-up organisations (docs/organisation-generator.md) are read, solved and
// asked. Beside the time on the clock stands the processor time, since others
// may use the machine: on two processors that nobody else uses a full
// recomputation takes half of it.
func (b *bench) exposure(context.Context) error {
	b.printf("exposure   clock (processor time); %d processors\n", runtime.GOMAXPROCS(0))
	for _, n := range b.sizes {
		b.exposed(organisation.New(n, 1))
	}
	b.printf("\n")
	return nil
}

// took is the time that something took, on the clock and of processors.
type took struct{ clock, used time.Duration }

func (t took) String() string { return fmt.Sprintf("%s (%s)", round(t.clock), round(t.used)) }

// timing does something so many times, and says what one took.
func timing(times int, do func(i int)) took {
	clock, was := time.Now(), used()
	for i := range times {
		do(i)
	}
	return took{time.Since(clock) / time.Duration(times), (used() - was) / time.Duration(times)}
}

// used is the processor time of this process.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func (b *bench) exposed(o *organisation.Organisation) {
	before := heap()
	c := census.New(organisation.Now)
	c.Policy(organisation.Policy())
	c.Powers(o.Powers())
	made := timing(1, func(int) {
		for range o.All() {
		}
	})
	read := timing(1, func(int) {
		for h := range o.All() {
			c.Put(h)
		}
	})
	settled := timing(1, func(int) { settleAll(c, o) })
	// Asking another level of nearly everybody, so that nothing assessed before is of
	// use; and then what is in force once more.
	full := inForce(c, organisation.Policy("required: { aal: 2, phr: true }", "required: { aal: 3, phr: true }"))
	same := inForce(c, organisation.Policy("required: { aal: 2, phr: true }", "required: { aal: 3, phr: true }"))
	inForce(c, organisation.Policy())
	v := c.Overview()
	b.printf("  %d accounts: %d shapes, %d people of the core; read in %s, of which making them up %s; first solved in %s\n",
		o.People, v.Shapes, v.Core, read, made, settled)
	b.printf("    everybody after another policy   %s\n", full)
	b.printf("    the same policy once more        %s\n", same)
	b.printf("    memory                           %d bytes an account\n", (heap()-before)/int64(o.People))
	b.asked(c, o)
}

// inForce puts a policy in force and solves everybody.
func inForce(c *census.Census, p *policy.Policy) took {
	return timing(1, func(int) {
		c.Policy(p)
		c.Settle(organisation.Now)
	})
}

// settleAll puts again whom the census wants, and settles.
func settleAll(c *census.Census, o *organisation.Organisation) {
	for ids := c.Foresee(organisation.Now); len(ids) > 0; ids = c.Foresee(organisation.Now) {
		want := map[holdfast.PersonID]bool{}
		for _, id := range ids {
			want[id] = true
		}
		for i := range o.People {
			if want[o.ID(i)] {
				c.Put(o.Held(i))
			}
		}
	}
	c.Settle(organisation.Now)
}

// asked measures events and answers.
func (b *bench) asked(c *census.Census, o *organisation.Organisation) {
	const events = 200
	held := make([]rules.Held, events)
	for i := range held {
		held[i] = o.Held(o.People - 1 - i)
	}
	b.printf("    an event that changes nothing    %s\n", timing(events, func(i int) { c.Put(held[i]); c.Settle(organisation.Now) }))
	for i := range held {
		held[i].Credentials = held[i].Credentials[:min(1, len(held[i].Credentials))]
		held[i].Surroundings = nil
	}
	b.printf("    an event that changes somebody   %s\n", timing(events, func(i int) { c.Put(held[i]); c.Settle(organisation.Now) }))
	operator := o.Held(0)
	operator.Credentials = operator.Credentials[:1]
	b.printf("    an administrator loses a key     %s\n", timing(1, func(int) { c.Put(operator); c.Settle(organisation.Now) }))
	c.Put(o.Held(0))
	c.Settle(organisation.Now)

	org := c.Organisation()
	house := answer.HouseOf(org.Policy)
	b.printf("    who can, of one account          %s\n", timing(5, func(i int) {
		a := org.From(held[i])
		if n, err := exposure.Compile(org.Leading(a), exposure.Options{At: org.At}); err == nil {
			n.Assess(exposure.Question{Goal: rules.Session(a.ID), Required: exposure.Required{AAL: 2, Phr: true}, House: house, Owner: a.ID})
		}
	}))
	given := []string{rules.Corrupt(string(o.ID(0)))}
	var fell census.Blast
	t := timing(5, func(int) { fell = c.Blast(given, "", 100) })
	b.printf("    blast of an administrator        %s, %d accounts fall\n", t, fell.Accounts)
	b.printf("    the twenty greatest blasts       %s the first time\n", timing(1, func(int) { c.Top(20) }))
	b.printf("    the overview                     %s\n", timing(5, func(int) { c.Overview() }))
}
