package inspect

import (
	"crypto/x509"
	"fmt"
	"strings"
	"sync"
	"time"

	"holdfast/spec/attest"
	"holdfast/spec/mds"
)

// Outside is what a Bench may ask of the machine that it is on. The zero Outside
// gives nothing, and trust.mds is only noted.
type Outside struct {
	// ReadFile reads the file that trust.mds names.
	ReadFile func(name string) ([]byte, error)
	// MDSRoots vouch for it where a case gives no trust.mdsRoot.
	MDSRoots []*x509.Certificate
}

// With lets b ask the outside, and returns it.
func (b *Bench) With(o Outside) *Bench {
	b.outside = o
	return b
}

// readMetadata has the statement's anchors be those of the BLOB that the case
// names.
func (b *Bench) readMetadata(c *kase, trust *members) {
	file, pem := trust.text("mds"), trust.text("mdsRoot")
	switch {
	case file == "" && pem == "":
		return
	case file == "":
		trust.fail("trust.mdsRoot without trust.mds: there is nothing that it could vouch for")
		return
	case b.outside.ReadFile == nil:
		c.notes = append(c.notes, "trust.mds was not consulted: files cannot be read here")
		return
	}
	roots := b.outside.MDSRoots
	if pem != "" {
		var err error
		if roots, err = b.roots.parse(pem); err != nil {
			trust.fail("trust.mdsRoot: %v", err)
			return
		}
	}
	blob, err := b.metadata.parse(file, pem, c.at, func() (*mds.Blob, error) {
		jwt, err := b.outside.ReadFile(file)
		if err != nil {
			return nil, err
		}
		return mds.Parse(jwt, roots, c.at)
	})
	if err != nil {
		trust.fail("trust.mds: %v", err)
		return
	}
	c.blob, c.trust.For = blob, blob.For(c.at)
}

// model notes what the metadata say of the authenticator.
func (c kase) model(j attest.Judgement, aaguid [16]byte, v *Verdict) {
	if c.blob == nil {
		return
	}
	var leaf *x509.Certificate
	if len(j.Certificates) > 0 {
		leaf = j.Certificates[0]
	}
	e, ok := c.blob.ModelOf(v.Format, aaguid, leaf)
	if !ok {
		v.Notes = append(v.Notes, fmt.Sprintf("mds:%d does not know this model", c.blob.No))
		return
	}
	s := e.Status(c.at)
	said := strings.Join(s.Current, ", ")
	if said == "" {
		said = "no status"
	}
	v.Notes = append(v.Notes, fmt.Sprintf("mds:%d has it as %q: %s", c.blob.No, e.Description, said))
}

// maxCachedBlobs bounds what a batch can make a Bench remember: a BLOB takes
// some ten megabytes.
const maxCachedBlobs = 8

// blobCache reads each BLOB once for each root and time.
type blobCache struct {
	mu    sync.Mutex
	blobs map[string]func() (*mds.Blob, error) // guarded by mu
}

func newBlobCache() *blobCache { return &blobCache{blobs: map[string]func() (*mds.Blob, error){}} }

func (c *blobCache) parse(file, root string, at time.Time, read func() (*mds.Blob, error)) (*mds.Blob, error) {
	key := file + "\x00" + root + "\x00" + at.String()
	c.mu.Lock()
	once, ok := c.blobs[key]
	if !ok {
		if once = sync.OnceValues(read); len(c.blobs) < maxCachedBlobs {
			c.blobs[key] = once
		}
	}
	c.mu.Unlock()
	return once()
}
