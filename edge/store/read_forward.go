package store

import (
	"context"
	"strings"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/decision"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/posture"
	"holdfast/flow/forward"
)

// AppsWithDomains lists the applications that name a host and were not
// removed, by id.
func (r reader) AppsWithDomains(ctx context.Context) ([]grant.App, error) {
	return list[grant.App](ctx, r, "where removed = 0 and domains <> '[]' order by id")
}

// HolderOf takes holdfast.HashSecret of what a browser holds for an
// application behind forward-auth, and gives all that it rests on in one read:
// it is asked at each request to the application. Of any state: whether it
// still opens anything is the domain's to say.
func (r reader) HolderOf(ctx context.Context, hash string) (forward.Holder, error) {
	var h forward.Holder
	all := [][]audit.Column{audit.ColumnsOf(&h.Token), audit.ColumnsOf(&h.Grant), audit.ColumnsOf(&h.App), audit.ColumnsOf(&h.Session),
		audit.ColumnsOf(&h.Person)}
	rs, err := r.q.query(ctx, r.holderText(all), hash)
	if err != nil {
		return h, err
	}
	defer rs.Close()
	row, found := newScanner(all...), false
	for rs.Next() {
		var status, group, name, class, on, device, system, revision string
		var seen, lastAt, managed, compliant, released, shared, enrolled, reported, removed, heard, version int64
		if err := row.scan(rs, &status, &seen, &group, &name, &class, &on, &lastAt, &device, &managed, &compliant, &system, &released, &shared,
			&enrolled, &reported, &removed, &heard, &version, &revision); err != nil {
			return h, errInternal.Because(err)
		}
		if !found { // the others differ by the group alone
			at := 0
			for _, cols := range all {
				if err := row.into(at, cols); err != nil {
					return h, errInternal.Because(err)
				}
				at += len(cols)
			}
			h.Credential, h.LastSeen, found = credential.Status(status), holdfast.FromMicros(seen), true
			h.Last = decision.Last{Class: class, Decision: holdfast.DecisionID(on), At: holdfast.FromMicros(lastAt)}
			h.Device = posture.Device{ID: device, Managed: managed != 0, Compliant: compliant != 0, OS: system,
				OSReleased: holdfast.FromMicros(released), Shared: shared != 0, Enrolled: holdfast.FromMicros(enrolled),
				Reported: holdfast.FromMicros(reported), Removed: holdfast.FromMicros(removed)}
			h.Heard, h.Version = holdfast.FromMicros(heard), version
			id, digest, _ := strings.Cut(revision, " ")
			h.Policy = forward.InForce{ID: holdfast.RevisionID(id), Digest: digest}
		}
		if group != "" {
			h.Groups = append(h.Groups, person.Group{ID: holdfast.GroupID(group), Name: name})
		}
	}
	if err := rs.Err(); err != nil {
		return h, err
	}
	if !found {
		return h, holdfast.Errorf(holdfast.NotFound, "no_such_token", "There is no such secret. Sign in.")
	}
	return h, nil
}

// holderText is made once: it is asked at each request of everybody.
func (r reader) holderText(parts [][]audit.Column) string {
	texts := &r.tables[(*grant.Token)(nil).Table()].texts
	if text, ok := texts.Load("of a holder"); ok {
		return text.(string)
	}
	text := "select "
	for i, alias := range []string{"t.", "a.", "p.", "s.", "w."} {
		text += names(parts[i], alias) + ", "
	}
	text += `coalesce(c.status, ''), coalesce(v.at, 0), coalesce(g.id, ''), coalesce(g.name, ''),
		coalesce(j.class, ''), coalesce(j.decision, ''), coalesce(j.at, 0),
		coalesce(d.id, ''), coalesce(d.managed, 0), coalesce(d.compliant, 0), coalesce(d.os, ''), coalesce(d.os_released, 0), coalesce(d.shared, 0),
		coalesce(d.enrolled, 0), coalesce(d.reported, 0), coalesce(d.removed, 0), coalesce(o.at, 0),
		coalesce((select max(l.idx) from log_leaf l where l.person = a.person and l.person <> ''), -1),
		coalesce((select r.id || ' ' || r.digest from policy_revision r where r.state = 'in force'), '')
		from token t
		join app_grant a on a.id = t.grant_id
		join app p on p.id = a.app
		join session s on s.id = a.session
		join person w on w.id = a.person
		left join credential c on c.id = s.credential
		left join session_seen v on v.id = s.id
		left join judged j on j.id = a.id
		left join managed_device d on d.id = s.device and s.device <> ''
		left join posture_seen o on o.id = d.id
		left join membership m on m.person = a.person
		left join person_group g on g.id = m.grp
		where t.id = $1 order by g.name`
	texts.Store("of a holder", text)
	return text
}
