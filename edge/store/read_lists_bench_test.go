package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/ticket"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
)

// crowd fills a database on SQLite with so many people, two passkeys and three
// sessions each, and a log in which four of five records are of sign-ins: by
// SQL, since only reads are measured.
func crowd(b *testing.B, n int) *store.DB {
	b.Helper()
	place := storetest.SQLite(b)
	db := place.Open(b)
	raw, err := sql.Open("sqlite", place.Config.SQLite)
	if err != nil {
		b.Fatal(err)
	}
	defer raw.Close()
	raw.SetMaxOpenConns(1)
	if _, err := raw.Exec("pragma synchronous = off; pragma cache_size = -400000"); err != nil {
		b.Fatal(err)
	}
	now := holdfast.Micros(time.Now())
	for _, text := range []string{
		`insert into person (id, name, email, handle, status, role, employment, ends, created) with recursive c(i) as (select 0 union all select i + 1 from c where i + 1 < %[1]d)
			select printf('per_%%020d', i), printf('%%c%%c%%x Middle %%c%%c%%x', 97 + i %% 26, 97 + i / 26 %% 26, i, 97 + i * 7 %% 26, 97 + i / 11 %% 26, i * 13), printf('p%%d@example.org', i),
			cast(printf('h%%d', i) as blob), case when i %% 1000 = 0 then 'suspended' else 'active' end, case when i %% 100000 = 0 then 'helpdesk' else '' end,
			case when i %% 50 = 0 then 'contractor' else 'employee' end, 0, %[2]d - i from c`,
		`insert into credential (id, person, public_key, algorithm, aaguid, format, attestation, transports, discoverable, prf, be, bs, uv_initialized, sign_count, name, status, created, last_used, provenance)
			with recursive c(i) as (select 0 union all select i + 1 from c where i + 1 < 2 * %[1]d)
			select printf('%%032x', i * 2654435761), printf('per_%%020d', i / 2), zeroblob(77), -7, printf('aaguid-%%d', i %% 40), 'none', 'none', '[]', '', 0, i %% 2, i %% 2, 1, 0,
			printf('Phone %%x', i), case when i %% 500 = 0 then 'suspended' else 'active' end, %[2]d - i, %[2]d - (i * 7919) %% 31536000000000, 'invitation:tic_' || i from c`,
		`insert into session (id, secret_hash, person, credential, aal, acr, amr, auth_time, created, expires, user_agent, address, ended, ended_why)
			with recursive c(i) as (select 0 union all select i + 1 from c where i + 1 < 3 * %[1]d)
			select printf('ses_%%020d', i), printf('hash%%d', i), printf('per_%%020d', i / 3), '', 2, '', '[]', %[2]d - i * 1000000, %[2]d - i * 1000000, %[2]d - i * 1000000 + 86400000000, 'Firefox', '', case when i %% 3 = 0 then 1 else 0 end, '' from c`,
		`insert into log_leaf (idx, at, type, actor, subject, person, body, hash) with recursive c(i) as (select 0 union all select i + 1 from c where i + 1 < 5 * %[1]d)
			select i, %[2]d - (5 * %[1]d - i) * 1000000, case i %% 5 when 0 then 'person.described' when 1 then 'session.opened' when 2 then 'credential.used' when 3 then 'grant.issued' else 'grant.redeemed' end,
			printf('person:per_%%020d', i / 5), printf('sub_%%d', i), printf('per_%%020d', i / 5), zeroblob(300), zeroblob(32) from c`,
		`update log_leaf set type = 'person.erased', actor = 'host:root' where idx in (3, 7777)`,
		`update log_head set size = 5 * %[1]d`,
	} {
		if _, err := raw.Exec(strings.NewReplacer("%[1]d", fmt.Sprint(n), "%[2]d", fmt.Sprint(now), "%%", "%").Replace(text)); err != nil {
			b.Fatalf("%s: %v", text[:60], err)
		}
	}
	return db
}

// BenchmarkLists measures what the console reads for a page among
// HOLDFAST_BENCH_PEOPLE people.
func BenchmarkLists(b *testing.B) {
	n, _ := strconv.Atoi(os.Getenv("HOLDFAST_BENCH_PEOPLE"))
	if n == 0 {
		n = 20_000
	}
	db, ctx := crowd(b, n), context.Background()
	k := store.Span{Limit: 50}
	deep := k
	if page, _, err := db.PeoplePart(ctx, store.PeopleFilter{}, store.Span{Before: "per_" + fmt.Sprintf("%020d", n/2), Limit: 1}); err == nil && len(page) > 0 {
		deep.After = string(page[0].ID)
	}
	ignore := func(_, _ any, err error) error { return err }
	for _, c := range []struct {
		name string
		read func() error
	}{
		{"people/first", func() error { p, m, err := db.PeoplePart(ctx, store.PeopleFilter{}, k); return ignore(p, m, err) }},
		{"people/middle", func() error { p, m, err := db.PeoplePart(ctx, store.PeopleFilter{}, deep); return ignore(p, m, err) }},
		{"people/count", func() error { _, err := db.CountPeopleWhere(ctx, store.PeopleFilter{}, store.Many); return err }},
		{"people/suspended", func() error {
			p, m, err := db.PeoplePart(ctx, store.PeopleFilter{State: person.Suspended}, k)
			return ignore(p, m, err)
		}},
		{"people/role", func() error {
			p, m, err := db.PeoplePart(ctx, store.PeopleFilter{Role: store.AnyRole}, k)
			return ignore(p, m, err)
		}},
		{"people/contractors", func() error {
			p, m, err := db.PeoplePart(ctx, store.PeopleFilter{Employment: person.Contractor}, k)
			return ignore(p, m, err)
		}},
		{"people/within", func() error {
			p, m, err := db.PeoplePart(ctx, store.PeopleFilter{Text: "nobody"}, k)
			return ignore(p, m, err)
		}},
		{"search/name", func() error {
			p, m, err := db.PeoplePart(ctx, store.PeopleFilter{Begins: "ab1f"}, store.Span{Limit: 8})
			return ignore(p, m, err)
		}},
		{"search/two-letters", func() error {
			p, m, err := db.PeoplePart(ctx, store.PeopleFilter{Begins: "ab"}, store.Span{Limit: 8})
			return ignore(p, m, err)
		}},
		{"search/passkey", func() error { _, err := db.CredentialsCalled(ctx, "phone 1f", 9); return err }},
		{"passkeys/first", func() error {
			p, m, err := db.CredentialsWhere(ctx, store.CredentialFilter{}, k)
			return ignore(p, m, err)
		}},
		{"passkeys/suspended", func() error {
			p, m, err := db.CredentialsWhere(ctx, store.CredentialFilter{Status: credential.Suspended}, k)
			return ignore(p, m, err)
		}},
		{"passkeys/counts", func() error { _, err := db.CountCredentialsWhere(ctx, store.CredentialFilter{}); return err }},
		{"sessions/first", func() error { p, m, err := db.LiveSessionsWhere(ctx, "", k); return ignore(p, m, err) }},
		{"sessions/count", func() error { _, err := db.CountLiveSessionsWhere(ctx, "", store.Many); return err }},
		{"invitations/open", func() error {
			p, m, err := db.InvitationsWhere(ctx, store.InvitationFilter{State: ticket.Open}, k)
			return ignore(p, m, err)
		}},
		{"log/first", func() error { p, m, err := db.LogPage(ctx, store.LogFilter{}, 50); return ignore(p, m, err) }},
		{"log/rare-type", func() error {
			p, m, err := db.LogPage(ctx, store.LogFilter{Type: "person.erased"}, 50)
			return ignore(p, m, err)
		}},
		{"log/busy-type", func() error {
			p, m, err := db.LogPage(ctx, store.LogFilter{Type: "session.opened"}, 50)
			return ignore(p, m, err)
		}},
		{"log/actor", func() error {
			p, m, err := db.LogPage(ctx, store.LogFilter{Actor: []string{"person:per_00000000000000000007", "host:root"}}, 50)
			return ignore(p, m, err)
		}},
		{"log/a-day-long-ago", func() error {
			p, m, err := db.LogPage(ctx, store.LogFilter{Until: time.Now().Add(-time.Duration(4*n) * time.Second)}, 50)
			return ignore(p, m, err)
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := c.read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
