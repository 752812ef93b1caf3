package survey

import (
	"slices"
	"strings"

	"holdfast"
	"holdfast/domain/audit"
)

// reach says whom a record of the log concerns.
type reach int

const (
	whom       reach = iota // whose it is: also of a type that nobody has listed, to be on the safe side
	nothing                 // no fact that the rules look at
	theGroup                // everybody in it
	everybody               // the policy, or the time
	everything              // what was read is of another log
	thePowerOr              // a declaration: of the person whose it is, or of what all share
)

// reaches lists what is not whom, and each type that was thought of.
var reaches = map[audit.Type]reach{
	"person.added": whom, "person.described": whom, "person.activated": whom, "person.suspended": whom, "person.held": nothing, "person.reinstated": whom,
	"person.without_passkey": whom, "person.role_changed": whom, "person.erased": whom,
	"person.exception_given": whom, "person.exception_ended": whom,

	"group.joined": whom, "group.left": whom,
	"group.renamed": theGroup, "group.removed": theGroup, // policies and pools name groups
	"group.added": nothing, // nobody is in it

	"credential.enrolled": whom, "credential.suspended": whom, "credential.reinstated": whom, "credential.removed": whom,
	"credential.forgotten": whom, "credential.judged": whom, "credential.judgement_forgotten": whom,
	"credential.backup_eligibility_changed": whom, "credential.use_changed": whom,
	"credential.renamed":           whom,    // in labels
	"credential.used":              nothing, // what it changes that counts is an event of its own
	"credential.counter_regressed": nothing,

	"invitation.issued": whom, "invitation.redeemed": whom, "invitation.revoked": whom,
	"replacement.issued": whom, "replacement.redeemed": whom, "replacement.revoked": whom,
	"setup.issued": nothing, "setup.redeemed": nothing, "setup.revoked": nothing, // nobody's account

	"api_token.created": whom, "api_token.revoked": whom,

	"surrounding.declared": thePowerOr, "surrounding.changed": thePowerOr, "surrounding.withdrawn": thePowerOr, "surrounding.forgotten": thePowerOr,

	"policy.applied":          everybody,
	"organisation.time_moved": everybody,
	"policy.kept":             nothing, // what comes with the program, on record
	"policy.proposed":         nothing, "policy.approved": nothing, "policy.cleared": nothing, "policy.superseded": nothing, "policy.withdrawn": nothing,
	"metadata.imported": nothing, // credential.judged follows

	"task.opened": nothing, "task.done": nothing, "task.cancelled": nothing, "task.linked": nothing, // their links are replacement.*
	"finding.opened": nothing, "finding.closed": nothing,
	"decision.made": nothing, "decision.refused": nothing, "decision.dropped": nothing, "decision.forgotten": nothing,
	"session.opened": nothing, "session.renewed": nothing, "session.ended": nothing, "session.forgotten": nothing,
	"app.created": nothing, "app.removed": nothing, "app.changed": nothing, "app.secret_changed": nothing, "app.refused": nothing,
	"consent.given": nothing, "consent.withdrawn": nothing, "grant.issued": nothing, "grant.redeemed": nothing, "grant.ended": nothing,
	"token.refreshed": nothing, "token.revoked": nothing,
	"device.enrolled": nothing, "device.posture_changed": nothing, "device.removed": nothing, "device.forgotten": nothing,
	"device.link_made": nothing, "device.linked": nothing, "device.onboarding_allowed": nothing, "device.onboarding_used": nothing, "device.onboarding_ended": nothing, "device.link_ended": nothing,
	"signing_key.added": nothing, "signing_key.retired": nothing, "signing_key.withdrawn": nothing,
	"organisation.founded": nothing, "organisation.renamed": nothing, "organisation.related_origins_set": nothing, "organisation.rp_id_recorded": nothing,
	"backup.made": nothing, "log.restored": everything, "export.made": nothing, "host.looked": nothing, "outbox.revived": nothing,
}

// watches says whether records of a type are worth reading.
func watches(t audit.Type) bool { return reaches[t] != nothing }

// touched is what a stretch of the log asks for.
type touched struct {
	people []holdfast.PersonID
	groups []holdfast.GroupID
	core   bool
	all    bool
	anew   bool
}

func touchedBy(entries []audit.Entry) touched {
	var t touched
	seen := map[string]bool{}
	add := func(id string) {
		if id != "" && !seen[id] {
			seen[id] = true
			t.people = append(t.people, holdfast.PersonID(id))
		}
	}
	for _, e := range entries {
		add(e.Person)
		switch reaches[e.Type] {
		case everybody:
			t.all = true
		case everything:
			t.anew = true
		case thePowerOr:
			t.core = t.core || e.Person == ""
		case theGroup:
			if id := holdfast.GroupID(e.Subject); !slices.Contains(t.groups, id) {
				t.groups = append(t.groups, id)
			}
		}
		for _, p := range e.Puts {
			switch p.Table {
			case "person":
				add(p.Key)
			case "membership": // of a group that is gone, too, which has no members to ask
				who, _, _ := strings.Cut(p.Key, "/")
				add(who)
			}
		}
	}
	return t
}
