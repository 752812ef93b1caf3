// Package network says where a request comes from in the words of the policy:
// which of the organisation's networks, which country, whose. Countries come
// from a database file in the MaxMind format that the operator brings. It
// refuses to guess: what no file says is unknown, which is empty, and an
// address is never taken from a header that nobody vouches for.
package network

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"holdfast"
	"holdfast/domain/policy"
)

// Settings are what is known of networks.
type Settings struct {
	Zones map[string][]netip.Prefix // the organisation's, by the names that the policy uses
	Files []string                  // databases in the MaxMind format; what the first says counts
}

// Networks knows where addresses are. It may be used concurrently. A nil
// *Networks knows nothing but the address.
type Networks struct {
	clock holdfast.Clock
	log   *slog.Logger

	now    atomic.Pointer[known]
	looked atomic.Int64 // Unix seconds of the last look at the files
	mu     sync.Mutex   // one at a time reads files
}

// known is what holds at present; it never changes.
type known struct {
	files []string
	seen  string // what the files looked like when they were read
	zones []zone // the narrowest first
	geo   []*maxminddb.Reader
}

type zone struct {
	prefix netip.Prefix
	name   string
}

// lookEvery is how often requests look whether the files have changed.
const lookEvery = time.Minute

// maxFile bounds a database, which is kept in memory: the largest of MaxMind's
// is some 130 MB.
const maxFile = 1 << 30

// Open reads all files. An error names the one that is of no use.
func Open(s Settings, clock holdfast.Clock, log *slog.Logger) (*Networks, error) {
	n := &Networks{clock: clock, log: log}
	take, err := n.Prepare(s)
	if err != nil {
		return nil, err
	}
	take()
	return n, nil
}

// Prepare reads all files for other settings. They hold from when take is
// called, which cannot fail; until then, and after an error, everything is as
// it was.
func (n *Networks) Prepare(s Settings) (take func(), err error) {
	k, err := read(s.Files)
	if err != nil {
		return nil, err
	}
	for name, prefixes := range s.Zones {
		for _, p := range prefixes {
			k.zones = append(k.zones, zone{p.Masked(), name})
		}
	}
	slices.SortFunc(k.zones, func(a, b zone) int {
		return cmp.Or(b.prefix.Bits()-a.prefix.Bits(), a.prefix.Addr().Compare(b.prefix.Addr()), strings.Compare(a.name, b.name))
	})
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.looked.Store(n.clock().Unix())
		n.now.Store(k)
	}, nil
}

func read(files []string) (*known, error) {
	k := &known{files: files}
	var err error
	if k.seen, err = look(files); err != nil {
		return nil, err
	}
	for _, f := range files {
		// In memory, not mapped: a file that is written over while it is mapped
		// would end the process.
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("geo_database_files: %w", err)
		}
		db, err := maxminddb.OpenBytes(text)
		if err != nil {
			return nil, fmt.Errorf("geo_database_files: %s is no database in the MaxMind format: %w", f, err)
		}
		k.geo = append(k.geo, db)
	}
	return k, nil
}

// look tells one content of the files from another without reading it.
func look(files []string) (string, error) {
	var b strings.Builder
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return "", fmt.Errorf("geo_database_files: %w", err)
		}
		if info.Size() > maxFile {
			return "", fmt.Errorf("geo_database_files: %s is larger than %d bytes", f, maxFile)
		}
		fmt.Fprintf(&b, "%s %d %d\n", f, info.Size(), info.ModTime().UnixNano())
	}
	return b.String(), nil
}

// follow reads the files again if they changed. One that is of no use leaves
// the old one.
func (n *Networks) follow() {
	n.mu.Lock()
	defer n.mu.Unlock()
	was := n.now.Load()
	seen, err := look(was.files)
	if err == nil && seen == was.seen {
		return
	}
	var k *known
	if err == nil {
		k, err = read(was.files)
	}
	if err != nil {
		n.log.ErrorContext(context.Background(), "a database of countries has changed and is of no use; the old one stays", "error", err)
		return
	}
	k.zones = was.zones
	n.now.Store(k)
	n.log.InfoContext(context.Background(), "the databases of countries have changed")
}

// Locate says where the address is. What is not known is empty.
func (n *Networks) Locate(address string) policy.Net {
	out := policy.Net{IP: address}
	addr, err := netip.ParseAddr(address)
	if n == nil || err != nil {
		return out
	}
	last, now := n.looked.Load(), n.clock().Unix()
	if now-last >= int64(lookEvery/time.Second) && n.looked.CompareAndSwap(last, now) {
		n.follow()
	}
	k := n.now.Load()
	addr = addr.Unmap().WithZone("")
	for _, z := range k.zones {
		if z.prefix.Contains(addr) {
			out.Zone = z.name
			break
		}
	}
	for _, db := range k.geo {
		say(&out, db, addr)
	}
	return out
}

// place is what of a record is of use: of the databases City, Country, ASN,
// ISP, Anonymous IP and Enterprise, and of others that are made like them.
type place struct {
	Country struct {
		ISOCode string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
	ASN     uint32 `maxminddb:"autonomous_system_number"`
	Hosting bool   `maxminddb:"is_hosting_provider"`
	Traits  struct {
		ASN     uint32 `maxminddb:"autonomous_system_number"`
		Hosting bool   `maxminddb:"is_hosting_provider"`
	} `maxminddb:"traits"`
}

// say adds to out what db knows and nobody said before. A record that cannot
// be read says nothing.
func say(out *policy.Net, db *maxminddb.Reader, addr netip.Addr) {
	var p place
	found := db.Lookup(addr)
	if !found.Found() || found.Decode(&p) != nil {
		return
	}
	if c := strings.ToUpper(p.Country.ISOCode); out.Country == "" && len(c) == 2 {
		out.Country = c
	}
	out.ASN = cmp.Or(out.ASN, int64(p.ASN), int64(p.Traits.ASN))
	out.Hosting = out.Hosting || p.Hosting || p.Traits.Hosting
}
