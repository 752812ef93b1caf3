package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/revision"
	"holdfast/domain/session"
	"holdfast/edge/keys"
	"holdfast/edge/policies"
	"holdfast/edge/store"
	"holdfast/flow/rejudge"
	"holdfast/spec/mds"
	"holdfast/test/mdsblob"
	"holdfast/test/softkey"
)

// rejudge measures how long it takes to judge everybody again after a change of
// the policy, and what sign-ins notice of it: in one process with the store,
// without HTTP. Each person has a passkey and a group; one in ten has a hardware
// key whose attestation is verified again.
func (b *bench) rejudge(ctx context.Context) error {
	b.printf("rejudge   everybody judged again; 8 people sign in (the store's part) all the while\n")
	c, err := newCompany()
	if err != nil {
		return err
	}
	for _, n := range b.sizes {
		if err := c.on(ctx, b, fmt.Sprintf("SQLite %d", n), store.Config{SQLite: filepath.Join(b.dir, fmt.Sprintf("rejudge%d.db", n))}, n); err != nil {
			return err
		}
	}
	if os.Getenv("HOLDFAST_TEST_POSTGRES") == "" {
		b.printf("  PostgreSQL: left out; HOLDFAST_TEST_POSTGRES names no server (test/with-postgres starts one)\n\n")
		return nil
	}
	for _, n := range b.sizes {
		if err := withDatabase(ctx, func(dsn string) error {
			return c.on(ctx, b, fmt.Sprintf("PostgreSQL %d", n), store.Config{Postgres: dsn}, n)
		}); err != nil {
			return err
		}
	}
	b.printf("\n")
	return nil
}

// withDatabase makes a database of its own in the cluster, and drops it.
func withDatabase(ctx context.Context, do func(dsn string) error) error {
	admin := os.Getenv("HOLDFAST_TEST_POSTGRES")
	c, err := pgx.Connect(ctx, admin)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	name := "rejudge_" + strings.ToLower(rand.Text())
	if _, err := c.Exec(ctx, "create database "+name); err != nil {
		return err
	}
	u, err := url.Parse(admin)
	if err == nil {
		u.Path = "/" + name
		err = do(u.String())
	}
	_, drop := c.Exec(ctx, "drop database "+name+" with (force)")
	return errors.Join(err, drop)
}

// company is people by number, who share registrations: making a million would
// take longer than all else.
type company struct {
	maker   *softkey.CA
	blob    *mds.Blob
	samples []sample // of hardware keys
	now     time.Time
}

type sample struct{ attestationObject, clientDataJSON []byte }

const model = "b4d6e000-0000-4000-8000-000000000002"

func newCompany() (*company, error) {
	c := &company{now: time.Now()}
	var err error
	if c.maker, err = softkey.NewCA("Key Works"); err != nil {
		return nil, err
	}
	aaguid := [16]byte{0xb4, 0xd6, 0xe0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 2}
	a := mdsblob.New("bench")
	jwt := a.Sign(mdsblob.Blob{No: 1, NextUpdate: c.now.AddDate(1, 0, 0), Entries: []mdsblob.Entry{mdsblob.Certified(aaguid, c.maker.Root, "FIDO_CERTIFIED_L2")}})
	if c.blob, err = mds.Parse(jwt, []*x509.Certificate{a.Root}, c.now); err != nil {
		return nil, err
	}
	config := softkey.Attested(c.maker, aaguid)
	config.Origin = "https://example.org"
	for range 64 {
		answer, err := softkey.New(config).Create([]byte(`{"rp":{"id":"example.org","name":"x"},"user":{"id":"YQ","name":"x","displayName":"x"},
			"challenge":"AAAAAAAAAAAAAAAAAAAAAA","attestation":"direct","pubKeyCredParams":[{"type":"public-key","alg":-7}]}`))
		if err != nil {
			return nil, err
		}
		var r struct {
			Response struct{ AttestationObject, ClientDataJSON string }
		}
		if err := json.Unmarshal(answer, &r); err != nil {
			return nil, err
		}
		object, err := base64.RawURLEncoding.DecodeString(r.Response.AttestationObject)
		if err != nil {
			return nil, err
		}
		data, err := base64.RawURLEncoding.DecodeString(r.Response.ClientDataJSON)
		if err != nil {
			return nil, err
		}
		c.samples = append(c.samples, sample{object, data})
	}
	return c, nil
}

func (c *company) Newest(context.Context) (*mds.Blob, error) { return c.blob, nil }

// groups are so many, of the same size.
const groups = 100

func groupID(i int) holdfast.GroupID { return holdfast.GroupID(fmt.Sprintf("grp_%020d", i%groups)) }

func personID(i int) holdfast.PersonID {
	return holdfast.PersonID("per_" + base64.RawURLEncoding.EncodeToString(named("person", i))[:20])
}

// rows is one person.
func (c *company) rows(i int) []audit.Put {
	id := base64.RawURLEncoding.EncodeToString(named("credential", i))
	p := &person.Record{ID: personID(i), Name: fmt.Sprintf("Person %d", i), Email: fmt.Sprintf("p%d@example.org", i), Handle: named("handle", i),
		Status: person.Active, Employment: person.Employee, Created: c.now}
	m := &person.Membership{ID: string(p.ID) + "/" + string(groupID(i)), Person: p.ID, Group: groupID(i), Since: c.now}
	k := &credential.Record{ID: holdfast.CredentialID(id), Person: p.ID, PublicKey: named("key", i), Algorithm: -7, AAGUID: "00000000-0000-0000-0000-000000000000",
		Format: "none", Transports: []string{"internal"}, BE: true, BS: true, UVInitialized: true, Name: "Phone", Status: credential.Active,
		Created: c.now, Provenance: "import"}
	j := &evidence.Judgement{ID: k.ID, Person: p.ID, At: c.now, Kind: "none", Reason: "none", Why: "the authenticator says nothing"}
	puts := []audit.Put{audit.Set(p), audit.Set(m)}
	if i%10 == 0 {
		k.AAGUID, k.Format, k.BE, k.BS, k.Name, k.Transports = model, "packed", false, false, "Key", []string{"usb"}
		s := c.samples[i%len(c.samples)]
		raw := &credential.Registration{ID: k.ID, Person: p.ID, AttestationObject: s.attestationObject, ClientDataJSON: s.clientDataJSON, At: c.now}
		made := evidence.Judge(*k, *raw, evidence.Anchors{Metadata: c.blob}, c.now)
		j = &made
		puts = append(puts, audit.Set(raw))
	}
	return append(puts, audit.Set(k), audit.Set(j))
}

// fill writes n people, some to an event: an entry of the log has at most 64 KiB.
func (c *company) fill(ctx context.Context, db *store.DB, n int) error {
	by := audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: c.now}
	var all []audit.Put
	for g := range groups {
		all = append(all, audit.Set(&person.Group{ID: groupID(g), Name: fmt.Sprintf("group-%d", g), Created: c.now}))
	}
	err := db.InTx(ctx, func(tx *store.Tx) error { return tx.Record(ctx, by, audit.New("bench.filled", "groups", "", all...)) })
	const few = 20
	for i := 0; i < n && err == nil; i += 100 * few {
		err = db.InTx(ctx, func(tx *store.Tx) error {
			for j := i; j < min(i+100*few, n); j += few {
				var puts []audit.Put
				for k := j; k < min(j+few, n); k++ {
					puts = append(puts, c.rows(k)...)
				}
				if err := tx.Record(ctx, by, audit.New("bench.filled", "people", "", puts...)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

// on measures at one size on one engine.
func (c *company) on(ctx context.Context, b *bench, name string, cfg store.Config, n int) error {
	master, err := keys.Load(filepath.Join(b.dir, "rejudge.key"), true)
	if err != nil {
		return err
	}
	if cfg.Signer, cfg.Verifier, _, err = master.Log("localhost/bench"); err != nil {
		return err
	}
	db, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	began := time.Now()
	if err := c.fill(ctx, db, n); err != nil {
		return err
	}
	b.printf("  %s: made in %s\n", name, round(time.Since(began)))
	shelf, err := policies.New(policies.Config{First: policyOf(""), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	f := rejudge.New(rejudge.Config{Store: store.Port[rejudge.Tx]{DB: db}, Policies: shelf, Metadata: c, Clock: time.Now, Node: "bench"})
	if err := f.Settle(ctx); err != nil {
		return err
	}
	if err := c.crowdOf(ctx, db, n, "nobody is judged", b, func() (rejudge.Job, error) {
		return rejudge.Job{}, wait(ctx, b.length)
	}); err != nil {
		return err
	}
	for i, text := range []struct {
		what   string
		policy []byte
	}{{"a policy that changes nobody", policyOf("# again")}, {"a policy that suspends one in a hundred", policyOf("surgeons")}} {
		if err := c.crowdOf(ctx, db, n, text.what, b, func() (rejudge.Job, error) {
			if err := putInForce(ctx, db, int64(i+1), text.policy); err != nil {
				return rejudge.Job{}, err
			}
			if err := f.Settle(ctx); err != nil {
				return rejudge.Job{}, err
			}
			return f.Progress(ctx)
		}); err != nil {
			return err
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// crowdOf has people sign in while something is done, and prints both.
func (c *company) crowdOf(ctx context.Context, db *store.DB, n int, what string, b *bench, do func() (rejudge.Job, error)) error {
	var stop atomic.Bool
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := w; !stop.Load(); i += 8 {
				began := time.Now()
				err := signIn(ctx, db, c, i*7919%n)
				mu.Lock()
				took, failed = append(took, time.Since(began)), errors.Join(failed, err)
				mu.Unlock()
				if err != nil || wait(ctx, 5*time.Millisecond) != nil { // some 1,000 a second at most
					return
				}
			}
		})
	}
	began := time.Now()
	job, err := do()
	lasted := time.Since(began)
	stop.Store(true)
	wg.Wait()
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	if lasted == 0 || len(took) == 0 {
		return errors.New("nobody signed in meanwhile")
	}
	said := ""
	if job.Credentials > 0 {
		said = fmt.Sprintf("%d passkeys judged in %s (%.0f /s), %d suspended; ", job.Credentials, round(lasted),
			float64(job.Credentials)/lasted.Seconds(), job.Suspended)
	}
	b.printf("    %-40s %ssign-ins %.0f /s, p50 %s, p99 %s\n", what, said, float64(len(took))/lasted.Seconds(),
		round(median(took)), round(quantile(took, 0.99)))
	return nil
}

// signIn is what a sign-in asks of the store.
func signIn(ctx context.Context, db *store.DB, c *company, i int) error {
	id := holdfast.CredentialID(base64.RawURLEncoding.EncodeToString(named("credential", i)))
	return db.InTx(ctx, func(tx *store.Tx) error {
		k, p, err := tx.CredentialAndOwner(ctx, id)
		if err != nil || k.Status != credential.Active {
			return err
		}
		now := time.Now()
		_, used, err := credential.Observe(k, credential.Use{UV: true, BE: k.BE, BS: k.BS}, now)
		if err != nil {
			return err
		}
		_, _, opened := session.Open(session.SignIn{Person: p.ID, Credential: k.ID}, now)
		return tx.Record(ctx, audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(p.ID)}, At: now}, append(used, opened...)...)
	})
}

// putInForce applies a policy, as the host's administrator would.
func putInForce(ctx context.Context, db *store.DB, number int64, text []byte) error {
	now, host := time.Now(), holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}
	return db.InTx(ctx, func(tx *store.Tx) error {
		before, err := tx.RevisionInForce(ctx)
		if err != nil && holdfast.KindOf(err) != holdfast.NotFound {
			return err
		}
		r, proposed, err := revision.Propose(revision.New{Name: "bench", Text: text, Needs: 1}, before, number, host, now)
		if err != nil {
			return err
		}
		r, _, approved, err := revision.Approve(r, nil, host, "bench", now)
		if err != nil {
			return err
		}
		_, applied, err := revision.Apply(r, before, now)
		if err != nil {
			return err
		}
		return tx.Record(ctx, audit.By{Actor: host, At: now}, append(append(proposed, approved...), applied...)...)
	})
}

// policyOf is a policy of four segments. With "surgeons", one group in a hundred
// must have hardware keys.
func policyOf(change string) []byte {
	segment := func(name, when, aal, allow, sync string) string {
		return fmt.Sprintf("  - { name: %s, risk_rank: 1, when: '%s', required: { aal: %s, phr: true }, allow: [%s], sync: %s, tolerates_recovery: broad,\n"+
			"      authenticators: { min: 1, backup: desk }, recovery: [], fallbacks: [], session: { overall: 8h, inactivity: 15m, reauth: full } }\n",
			name, when, aal, allow, sync)
	}
	surgeons := `"surgeons" in user.groups`
	if change == "surgeons" {
		surgeons, change = `"group-7" in user.groups`, ""
	}
	return []byte(`apiVersion: holdfast/v1
kind: AssurancePolicy
metadata:
  name: bench
  change_control: { approvers: 1, from: [role:administrator], author_may_approve: false }
  floor: { aal: 2, phr: true }
authenticators:
  key:
    distribution: device_bound
    attestation: { required: true, conveyance: direct, trust: [mds] }
    mds: { deny_status: [REVOKED] }
    user_verification: required
    level: 3
  passkey: { distribution: any, user_verification: required, level: 2 }
binding: { require: 'true' }
segments:
` + segment("administrators", "user.privileged", "3", "key", "forbid") + segment("surgeons", surgeons, "3", "key", "forbid") +
		segment("contractors", `user.employment == "contractor"`, "2", "key, passkey", "allow") +
		segment("workforce", "true", "2", "key, passkey", "allow") + change + "\n")
}
