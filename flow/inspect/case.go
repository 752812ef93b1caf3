package inspect

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"sync"
	"time"

	"holdfast/spec/attest"
	"holdfast/spec/cose"
	"holdfast/spec/ijson"
	"holdfast/spec/mds"
	"holdfast/spec/webauthn"
)

const (
	// MaxCase holds the largest answer and a bundle of roots in PEM.
	MaxCase = 2 << 20
	// maxCaseDepth: the answer's bound and the two levels around it.
	maxCaseDepth = 18
	// maxCachedRoots bounds what a batch can make a Bench remember.
	maxCachedRoots = 1024
)

// kase is one case, decoded ("case" is a word of the language).
type kase struct {
	name, kind         string
	rp                 webauthn.RelyingParty
	challenge          []byte
	requireUV          bool
	conditional        bool
	algs               []cose.Algorithm
	at                 time.Time
	requireAttestation bool
	trust              attest.Trust
	blob               *mds.Blob // that trust.mds names; nil: none
	stored             webauthn.Stored
	discoverable       bool
	allowCredentials   [][]byte
	response           []byte
	notes              []string
}

// read decodes a case. Its name is filled also with an error, if it has one.
func (b *Bench) read(json []byte) (kase, error) {
	v, err := ijson.Parse(bytes.TrimPrefix(json, []byte("\uFEFF")), ijson.Limits{Bytes: MaxCase, Depth: maxCaseDepth})
	if err != nil {
		return kase{}, fmt.Errorf("the case: %w", err)
	}
	if v.Kind() != ijson.Object {
		return kase{}, fmt.Errorf("the case is %s, not an object", v.Kind())
	}
	r := members{v: v}
	c := kase{
		name: r.text("name"),
		kind: r.text("kind"),
		rp: webauthn.RelyingParty{
			ID: r.text("rpId"), Origins: r.texts("origins"), TopOrigins: r.texts("topOrigins"), AllowCrossOrigin: r.flag("allowCrossOrigin"),
		},
		challenge: r.bytes("challenge"), requireUV: r.flag("requireUV"), conditional: r.flag("conditional"),
		algs: r.algorithms("algs"), at: r.instant("at", b.now), requireAttestation: r.flag("requireAttestation"),
		stored: webauthn.Stored{
			ID: r.bytes("credentialId"), PublicKey: r.bytes("publicKey"), UserHandle: r.bytes("userHandle"),
			BE: r.optionalFlag("storedBE"), SignCount: r.counter("storedSignCount"),
		},
		discoverable: r.flag("discoverable"), allowCredentials: r.byteStrings("allowCredentials"),
	}
	b.readTrust(&c, &r)
	c.require(&r)
	return c, r.err
}

func (c *kase) require(r *members) {
	switch c.kind {
	case "registration", "authentication":
	default:
		r.fail("kind is %q, neither \"registration\" nor \"authentication\"", c.kind)
	}
	if c.kind == "authentication" && c.stored.PublicKey == nil {
		r.fail("publicKey is missing: the key on record")
	}
	if response := r.member("response", ijson.Object); response.Kind() == ijson.Object {
		c.response = []byte(response.Text())
	} else {
		r.fail("response is missing")
	}
}

func (b *Bench) readTrust(c *kase, r *members) {
	trust := members{v: r.member("trust", ijson.Object)}
	for _, text := range trust.texts("roots") {
		roots, err := b.roots.parse(text)
		if err != nil {
			trust.fail("trust.roots: %v", err)
		}
		c.trust.Roots = append(c.trust.Roots, roots...)
	}
	c.readVendors(&trust)
	b.readMetadata(c, &trust)
	if trust.err != nil {
		r.fail("%v", trust.err)
	}
}

// readVendors adds to the TPM manufacturers of the TCG's registry, for
// simulators and test vectors.
func (c *kase) readVendors(trust *members) {
	for _, text := range trust.texts("tpmVendors") {
		id, err := hex.DecodeString(text)
		if err != nil || len(id) != 4 {
			trust.fail("trust.tpmVendors holds %q, not only eight hexadecimal digits each", text)
			continue
		}
		if c.trust.TPMVendors == nil {
			c.trust.TPMVendors = attest.TPMVendors()
		}
		c.trust.TPMVendors[[4]byte(id)] = text
	}
}

// members reads an object's members by name and keeps the first error. Null is
// as good as absent.
type members struct {
	v   ijson.Value
	err error
}

func (r *members) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *members) member(name string, want ijson.Kind) ijson.Value {
	v := r.v.Get(name)
	switch v.Kind() {
	case want:
		return v
	case ijson.Missing, ijson.Null:
	default:
		r.fail("%s is %s, not %s", name, v.Kind(), want)
	}
	return ijson.Value{}
}

func (r *members) text(name string) string { return r.member(name, ijson.String).Text() }

func (r *members) texts(name string) (texts []string) {
	for _, v := range r.member(name, ijson.Array).List() {
		if v.Kind() != ijson.String {
			r.fail("%s holds %s, not only strings", name, v.Kind())
		}
		texts = append(texts, v.Text())
	}
	return texts
}

func (r *members) optionalFlag(name string) *bool {
	switch kind := r.v.Get(name).Kind(); kind {
	case ijson.True, ijson.False:
		flag := kind == ijson.True
		return &flag
	case ijson.Missing, ijson.Null:
	default:
		r.fail("%s is %s, neither true nor false", name, kind)
	}
	return nil
}

func (r *members) flag(name string) bool {
	flag := r.optionalFlag(name)
	return flag != nil && *flag
}

// bytes is nil where the member is absent or empty.
func (r *members) bytes(name string) []byte {
	return r.decode(name, r.text(name))
}

func (r *members) decode(name, text string) []byte {
	b, err := webauthn.DecodeBase64URL(text)
	if err != nil {
		r.fail("%s: %v", name, err)
	}
	if len(b) == 0 {
		return nil
	}
	return b
}

func (r *members) byteStrings(name string) (list [][]byte) {
	for _, text := range r.texts(name) {
		list = append(list, r.decode(name, text))
	}
	return list
}

// algorithms is what this program can verify if nothing is asked for.
func (r *members) algorithms(name string) (algs []cose.Algorithm) {
	for _, v := range r.member(name, ijson.Array).List() {
		n, ok := v.Int()
		if !ok {
			r.fail("%s holds %s, not only integers", name, v.Kind())
		}
		algs = append(algs, cose.Algorithm(n))
	}
	if len(algs) == 0 {
		return cose.Supported()
	}
	return algs
}

func (r *members) instant(name string, now time.Time) time.Time {
	text := r.text(name)
	if text == "" {
		return now
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.fail("%s is no instant of RFC 3339: %q", name, text)
	}
	return at
}

func (r *members) counter(name string) uint32 {
	v := r.member(name, ijson.Number)
	if v.Kind() == ijson.Missing {
		return 0
	}
	n, ok := v.Int()
	if !ok || n < 0 || n > 1<<32-1 {
		r.fail("%s is no integer of 32 bits", name)
	}
	return uint32(n)
}

// rootCache parses each PEM text once.
type rootCache struct {
	mu    sync.Mutex
	roots map[string][]*x509.Certificate // guarded by mu
}

func newRootCache() *rootCache { return &rootCache{roots: map[string][]*x509.Certificate{}} }

func (c *rootCache) parse(text string) ([]*x509.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if roots, ok := c.roots[text]; ok {
		return roots, nil
	}
	roots, err := parsePEM([]byte(text))
	if err == nil && len(c.roots) < maxCachedRoots {
		c.roots[text] = roots
	}
	return roots, err
}

func parsePEM(text []byte) (roots []*x509.Certificate, err error) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("a PEM block of type %q, not CERTIFICATE", block.Type)
		}
		root, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		roots = append(roots, root)
	}
	if len(roots) == 0 {
		return nil, errors.New("no certificate in PEM form")
	}
	return roots, nil
}
