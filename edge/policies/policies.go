// Package policies keeps the organisation's policy at hand, compiled. Each
// caller asks in its own transaction which revision is in force, which costs
// one short row; the text is read and compiled once for each digest. The cache
// stands at the edge and not in a flow because it is a thing of the process: it
// holds a lock, outlives transactions, and tells the operator's log.
//
// It refuses to hand out a revision whose text is not the one that was
// proposed, or that does not compile: then the last one that did goes on, and
// where there is none, the emergency policy, under which people sign in and
// nobody changes anything. docs/decisions/policy-approval.md says why.
package policies

import (
	"container/list"
	"context"
	_ "embed" // emergency.yaml
	"errors"
	"log/slog"
	"sync"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/policy"
	"holdfast/domain/revision"
)

//go:embed emergency.yaml
var emergency []byte

// Config is what a shelf is made of.
type Config struct {
	// First is the text in force while no revision was ever applied: nist-aal2.
	First []byte
	// Builtin are further texts that come with the program, which decisions may
	// name: the other presets.
	Builtin [][]byte
	Log     *slog.Logger
	Keep    int // compiled policies; 0: 16
}

// Shelf holds compiled policies. It may be used concurrently.
type Shelf struct {
	log   *slog.Logger
	keep  int
	first string // digest
	last  string // digest of the emergency policy
	texts map[string][]byte

	mu      sync.Mutex
	books   map[string]*book
	recent  list.List      // of *book, the one used last in front
	good    *policy.Policy // that decided last
	alarmed string         // digest of which the log was told
}

// book is one compiled policy. Whoever needs it first compiles it, and whoever
// comes meanwhile waits.
type book struct {
	digest string
	once   sync.Once
	policy *policy.Policy
	err    error
	again  bool // it is no answer for others
	place  *list.Element
}

// New makes a shelf. What comes with the program must compile.
func New(c Config) (*Shelf, error) {
	s := &Shelf{log: c.Log, keep: c.Keep, texts: map[string][]byte{}, books: map[string]*book{},
		first: Digest(c.First), last: Digest(emergency)}
	if s.keep == 0 {
		s.keep = 16
	}
	for _, text := range append([][]byte{c.First, emergency}, c.Builtin...) {
		s.texts[Digest(text)] = text
	}
	for _, digest := range []string{s.first, s.last} {
		if _, err := s.builtin(digest); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// First is the revision that was there before any: the preset, number 0.
func (s *Shelf) First() revision.Record {
	return revision.Record{Digest: s.first, Name: "nist-aal2", Text: s.texts[s.first], State: revision.InForce}
}

// Tx keeps texts.
type Tx interface {
	PolicyText(ctx context.Context, digest string) (revision.Text, error)
	Record(ctx context.Context, by audit.By, events ...audit.Event) error
}

// Keep puts on record those texts of the program that can decide here: what is
// in force while no revision was applied, and the emergency policy. What they
// decide can be decided again by a version that comes with others. It is done
// before anything is decided.
func (s *Shelf) Keep(ctx context.Context, tx Tx, by audit.By) error {
	for _, digest := range []string{s.first, s.last} {
		_, err := tx.PolicyText(ctx, digest)
		if err == nil {
			continue
		}
		if holdfast.KindOf(err) != holdfast.NotFound {
			return err
		}
		p, err := s.builtin(digest)
		if err != nil {
			return err
		}
		_, kept := revision.KeepText(p.Document().Metadata.Name, s.texts[digest], by.At)
		if err := tx.Record(ctx, by, kept); err != nil {
			return err
		}
	}
	return nil
}

// InForce gives the policy that decides, by what r reads.
func (s *Shelf) InForce(ctx context.Context, r revision.Reader) (*policy.Policy, error) {
	id, digest, err := r.PolicyInForce(ctx)
	if err != nil {
		return nil, err
	}
	if id == "" {
		return s.builtin(s.first)
	}
	p, err := s.ByDigest(ctx, r, digest) // another may be in force by now where r is no transaction
	if err == nil {
		s.well(p)
		return p, nil
	}
	if _, is := errors.AsType[*unusable](err); is {
		return s.instead(ctx, digest, err)
	}
	return nil, err
}

// ByDigest gives a policy that decided once, for a replay.
func (s *Shelf) ByDigest(ctx context.Context, r revision.Reader, digest string) (*policy.Policy, error) {
	if s.texts[digest] != nil {
		return s.builtin(digest)
	}
	return s.get(digest, func() (revision.Record, error) { return r.RevisionByDigest(ctx, digest) })
}

// Have puts a policy on the shelf that was compiled elsewhere, so that the
// first sign-in after it came into force need not wait.
func (s *Shelf) Have(digest string, p *policy.Policy) {
	b := s.book(digest)
	b.once.Do(func() { b.policy = p })
}

// Unusable says why the revision in force, as r sees it, does not decide; nil:
// it does.
func (s *Shelf) Unusable(ctx context.Context, r revision.Reader) (why, err error) {
	id, digest, err := r.PolicyInForce(ctx)
	if id == "" || err != nil {
		return nil, err
	}
	_, err = s.ByDigest(ctx, r, digest)
	if cause, is := errors.AsType[*unusable](err); is {
		return cause.error, nil
	}
	return nil, err
}

// Digest is that of a text that comes with the program.
func Digest(text []byte) string { return revision.Digest("", text, nil) }

// load makes a policy of a text and the files that it names.
func load(text []byte, files map[string][]byte, digest string) (*policy.Policy, error) {
	d, problems := policy.Parse("policy.yaml", text)
	if !problems.Bad() {
		var p *policy.Policy
		if p, problems = policy.Compile(d, files); p != nil {
			return p.WithDigest(digest), nil
		}
	}
	return nil, holdfast.Errorf(holdfast.Internal, "policy_unreadable",
		"The policy with the digest %.16s… cannot be read by this version of Holdfast.", digest).Because(problems)
}

// unusable is a revision that must not decide.
type unusable struct{ error }

func (u *unusable) Unwrap() error { return u.error }

func (s *Shelf) builtin(digest string) (*policy.Policy, error) {
	return s.get(digest, func() (revision.Record, error) {
		return revision.Record{Digest: digest, Text: s.texts[digest]}, nil
	})
}

// get compiles what read gives, once. What could not be read, or is not intact,
// is read again the next time: it may have been put right.
func (s *Shelf) get(digest string, read func() (revision.Record, error)) (*policy.Policy, error) {
	for {
		b, mine := s.book(digest), false
		b.once.Do(func() {
			mine = true
			b.policy, b.again, b.err = s.open(digest, read)
		})
		if b.again {
			s.drop(b)
		}
		if mine || !b.again {
			return b.policy, b.err
		}
		// Somebody else could not read it, perhaps because they went away.
	}
}

func (s *Shelf) open(digest string, read func() (revision.Record, error)) (p *policy.Policy, again bool, err error) {
	r, err := read()
	if err != nil {
		return nil, true, err
	}
	if err := r.Intact(); err != nil {
		return nil, true, &unusable{err}
	}
	files, err := r.FileTexts()
	if err != nil {
		return nil, true, &unusable{err}
	}
	if p, err = load(r.Text, files, digest); err != nil {
		return nil, false, &unusable{err} // the same text gives the same error
	}
	return p, false, nil
}

// book finds the place of a digest, or makes it, and forgets the one that was
// not used for longest.
func (s *Shelf) book(digest string) *book {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.books[digest]; b != nil {
		s.recent.MoveToFront(b.place)
		return b
	}
	b := &book{digest: digest}
	b.place = s.recent.PushFront(b)
	s.books[digest] = b
	for s.recent.Len() > s.keep {
		oldest := s.recent.Back()
		s.recent.Remove(oldest)
		delete(s.books, oldest.Value.(*book).digest)
	}
	return b
}

func (s *Shelf) drop(b *book) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.books[b.digest] == b {
		s.recent.Remove(b.place)
		delete(s.books, b.digest)
	}
}

func (s *Shelf) well(p *policy.Policy) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.good, s.alarmed = p, ""
}

// instead is what decides while the one in force must not.
func (s *Shelf) instead(ctx context.Context, digest string, why error) (*policy.Policy, error) {
	s.mu.Lock()
	good, told := s.good, s.alarmed == digest
	s.alarmed = digest
	s.mu.Unlock()
	decides := "the one before it"
	if good == nil {
		decides = "the emergency policy: people sign in, and nobody changes anything"
	}
	if !told {
		s.log.ErrorContext(ctx, "the policy in force cannot be used", "digest", digest, "decides", decides, "error", why)
	}
	if good != nil {
		return good, nil
	}
	return s.builtin(s.last)
}

// Presets makes the shelf of an installation: with the policies that come with
// Holdfast, of which the default decides until one is applied.
func Presets(log *slog.Logger) (*Shelf, error) {
	c := Config{Log: log}
	for _, p := range policy.Presets() {
		if p.Name == policy.DefaultPreset {
			c.First = p.Text
		} else {
			c.Builtin = append(c.Builtin, p.Text)
		}
	}
	return New(c)
}
