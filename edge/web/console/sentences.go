package console

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
)

// sentences say what a record of the log means. {person} is whose it is, {what}
// the group or application, {who} the one who did it, {why} the reason given.
var sentences = map[audit.Type]string{
	"organisation.founded":             "The organisation has its first administrator",
	"organisation.renamed":             "The organisation has a new name",
	"organisation.related_origins_set": "The related origins were changed",
	"organisation.rp_id_recorded":      "The relying party id was recorded",

	"person.added":           "{person} was added",
	"person.without_passkey": "{person} has no passkey any more and can be invited again",
	"person.described":       "The name, address or employment of {person} was changed",
	"person.activated":       "{person} has a first passkey and may sign in",
	"person.suspended":       "{person} was suspended{why}",
	"person.held":            "The suspension of {person} is an administrator’s from now on{why}",
	"person.reinstated":      "{person} may sign in again",
	"person.role_changed":    "The role of {person} was changed",
	"person.erased":          "{person} was erased",

	"group.added":   "The group {what} was made",
	"group.renamed": "The group {what} has a new name",
	"group.removed": "A group was removed",
	"group.joined":  "{person} joined {what}",
	"group.left":    "{person} left {what}",

	"setup.issued":        "A set-up link was made",
	"setup.redeemed":      "The set-up link was used",
	"setup.revoked":       "A set-up link was withdrawn",
	"invitation.issued":   "{who} invited {person}",
	"invitation.redeemed": "{person} used the invitation",
	"invitation.revoked":  "The invitation of {person} was withdrawn",

	"credential.enrolled":                   "{person} made a passkey",
	"credential.used":                       "{person} used a passkey",
	"credential.renamed":                    "{person} renamed a passkey",
	"credential.suspended":                  "A passkey of {person} was suspended",
	"credential.reinstated":                 "A passkey of {person} may be used again",
	"credential.removed":                    "A passkey of {person} was removed",
	"credential.forgotten":                  "The details of a passkey of {person} were erased",
	"credential.counter_regressed":          "A passkey of {person} counted backwards: there may be a copy",
	"credential.backup_eligibility_changed": "A passkey of {person} changed whether it can be synced",
	"credential.use_changed":                "A passkey of {person} was synced, or is not any more, or verified its user for the first time",

	"session.opened":    "{person} signed in",
	"session.renewed":   "{person} confirmed with a passkey",
	"session.ended":     "A session of {person} ended{why}",
	"session.forgotten": "The details of a session of {person} were erased",

	"app.created":        "{what} was added",
	"app.removed":        "{what} was removed",
	"app.secret_changed": "{what} has a new secret",
	"app.changed":        "The settings of {what} were changed",
	"app.refused":        "{person} was not let in to {what}{why}",

	"consent.given":     "{person} allowed {what} to know who they are",
	"consent.withdrawn": "{what} asks {person} again before it may know who they are",
	"grant.issued":      "{person} went on to {what}",
	"grant.redeemed":    "The sign-in of {person} reached {what}",
	"grant.ended":       "A permission of {person} for {what} ended{why}",
	"token.refreshed":   "{what} renewed its access for {person}",
	"token.revoked":     "{what} gave back its access for {person}",

	"backup.made":  "A backup of everything was made",
	"log.restored": "Everything before this was put back from a backup",

	"device.enrolled":           "A device was reported for the first time",
	"device.posture_changed":    "The posture of a device changed",
	"device.removed":            "A device was removed from the organisation",
	"device.forgotten":          "The name of a device of {person} was erased",
	"device.link_made":          "A link was made that connects a browser to a device",
	"device.linked":             "A browser was connected to a device",
	"device.onboarding_allowed": "{person} may make a first passkey on a device",
	"device.onboarding_used":    "{person} made a first passkey on a device",
	"device.onboarding_ended":   "{person} may not make a first passkey on a device any more: whoever allowed it may not",
	"device.link_ended":         "A link to a device ended with the power of who made it",

	"surrounding.declared":  "Something of the surroundings was declared",
	"surrounding.changed":   "A declaration about the surroundings was changed",
	"surrounding.withdrawn": "A declaration about the surroundings was withdrawn",
	"surrounding.forgotten": "What was declared about {person} was erased",

	"api_token.created": "An API token was made for {person}",
	"api_token.revoked": "An API token of {person} was revoked",

	"export.made": "{who} took the list of {list} along as a file",

	"host.looked":    "{who} looked at what only administrators see",
	"outbox.revived": "{who} had given-up messages tried again",

	"signing_key.added":     "A key that signs tokens was added",
	"signing_key.retired":   "A key that signs tokens has a successor",
	"signing_key.withdrawn": "A key that signs tokens was withdrawn: nothing that it signed is believed",

	"credential.judged":    "The attestation of a passkey of {person} was judged",
	"task.opened":          "{person} is to replace a passkey",
	"task.done":            "{person} replaced a passkey",
	"task.cancelled":       "A passkey of {person} need not be replaced any more",
	"task.linked":          "{who} made a link for {person} to replace a passkey",
	"replacement.issued":   "A link was made for {person} to replace a passkey",
	"replacement.redeemed": "{person} used the link to replace a passkey",
	"replacement.revoked":  "The link for {person} to replace a passkey was withdrawn",
	"finding.opened":       "Something was found that somebody should act on",
	"finding.closed":       "What was found is true no more",

	"credential.judgement_forgotten": "What an attestation of a passkey of {person} tells of them was erased",
	"decision.made":                  "The policy let {person} go on",
	"decision.refused":               "The policy refused {person}{why}",
	"decision.dropped":               "{person} was refused so often that it is only counted",
	"decision.forgotten":             "What a decision about {person} rested on was erased",
	"policy.proposed":                "{who} proposed a change of the policy",
	"policy.approved":                "{who} approved a change of the policy{why}",
	"policy.cleared":                 "Enough have approved a change of the policy{why}",
	"policy.kept":                    "A policy that comes with Holdfast was put on record",
	"policy.applied":                 "A revision of the policy came into force",
	"policy.superseded":              "A revision of the policy was superseded",
	"policy.withdrawn":               "A change of the policy was withdrawn",
	"metadata.imported":              "Newer FIDO metadata of authenticators were imported",
}

// types lists what the log may be narrowed to.
func types() []string {
	var out []string
	for t := range sentences {
		out = append(out, string(t))
	}
	slices.Sort(out)
	return out
}

// kinds are the same as choices: each by its sentence, in the order of these.
func kinds() []page.Option {
	words := strings.NewReplacer("{person}", "somebody", "{what}", "something", "{who}", "somebody", "{why}", "", "the list of {list}", "a list")
	var out []page.Option
	for t, sentence := range sentences {
		label := words.Replace(sentence)
		if noun, _, _ := strings.Cut(string(t), "."); noun == "group" {
			label = strings.NewReplacer("{what}", "a group", "{person}", "somebody").Replace(sentence)
		} else if strings.Contains(sentence, "{what}") {
			label = words.Replace(strings.ReplaceAll(sentence, "{what}", "an application"))
		}
		out = append(out, page.Option{Value: string(t), Label: capital(label)})
	}
	slices.SortFunc(out, func(a, b page.Option) int { return strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)) })
	return out
}

// capital makes a sentence of text.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// title is the sentence for l. A type without one is shown as it is.
func (n *names) title(l store.Leaf, e audit.Entry) string {
	sentence, ok := sentences[l.Type]
	if !ok {
		return string(l.Type)
	}
	if l.Type == "host.looked" {
		sentence = looked(l)
	}
	person := n.people[l.Person]
	if person == "" {
		person = "somebody"
	}
	title := strings.NewReplacer("{person}", person, "{what}", n.what(l, e), "{who}", n.actorLink(l.Actor).Text, "{why}", why(e), "{list}", detail(e, "what")).Replace(sentence)
	return capital(title)
}

// looked says who looked at what: by the server's command line at anything, by
// the console or a token at who can get at accounts.
func looked(l store.Leaf) string {
	switch {
	case strings.HasPrefix(l.Actor, string(holdfast.ActorHost)+":"):
		return "{who} looked something up on the server’s command line"
	case l.Person != "":
		return "{who} looked at who can get at the account of {person}"
	}
	return "{who} looked at who can get at everybody’s accounts"
}

// what names the group or the application that a record is about.
func (n *names) what(l store.Leaf, e audit.Entry) string {
	if strings.HasPrefix(string(l.Type), "group.") {
		if name, ok := n.groups[holdfast.GroupID(l.Subject)]; ok {
			return name
		}
		return "a group that is no more"
	}
	if name, ok := n.apps[appOf(l, e)]; ok {
		return name
	}
	return "an application"
}

// appOf is the application of a record: its subject, its actor, or what a
// detail or a row of it says; empty where none is told.
func appOf(l store.Leaf, e audit.Entry) holdfast.AppID {
	if strings.HasPrefix(l.Subject, "app_") {
		return holdfast.AppID(l.Subject)
	}
	if id, ok := strings.CutPrefix(l.Actor, string(holdfast.ActorApp)+":"); ok {
		return holdfast.AppID(id)
	}
	said := e.Details
	for _, p := range e.Puts {
		said = append(said, p.Columns...)
	}
	for _, f := range said {
		var id holdfast.AppID
		if f.Name == "app" && json.Unmarshal(f.Value, &id) == nil {
			return id
		}
	}
	return ""
}

func why(e audit.Entry) string {
	if text := detail(e, "why", "reason"); text != "" {
		return ": " + strings.ReplaceAll(text, "_", " ")
	}
	return ""
}

// detail is the first of a record's details that has one of names.
func detail(e audit.Entry, names ...string) string {
	for _, d := range e.Details {
		var text string
		if slices.Contains(names, d.Name) && json.Unmarshal(d.Value, &text) == nil && text != "" {
			return text
		}
	}
	return ""
}

// toneOf says how much a record matters in a person's history.
func toneOf(t string) page.Tone {
	_, verb, _ := strings.Cut(t, ".")
	tones := map[string]page.Tone{
		"opened": page.ToneGood, "renewed": page.ToneGood, "enrolled": page.ToneGood, "activated": page.ToneGood, "reinstated": page.ToneGood,
		"suspended": page.ToneWarn, "removed": page.ToneWarn, "revoked": page.ToneWarn, "backup_eligibility_changed": page.ToneWarn,
		"refused": page.ToneWarn,
		"erased":  page.ToneAlarm, "counter_regressed": page.ToneAlarm,
	}
	if tone, ok := tones[verb]; ok {
		return tone
	}
	return page.ToneNote
}

// fields lists what a record says, its personal values opened where they still
// can be.
func fields(e audit.Entry, openings map[string][]byte) []page.AuditField {
	var out []page.AuditField
	for _, d := range e.Details {
		out = append(out, page.AuditField{Name: d.Name, Value: plain(d.Value)})
	}
	for _, p := range e.Puts {
		prefix := ""
		if len(e.Puts) > 1 {
			prefix = p.Table + "."
		}
		if p.Removed {
			out = append(out, page.AuditField{Name: p.Table, Value: p.Key + " was removed"})
		}
		for _, f := range p.Columns {
			out = append(out, field(prefix, f, openings))
		}
	}
	return out
}

func field(prefix string, f audit.EntryField, openings map[string][]byte) page.AuditField {
	if f.Commitment == "" {
		return page.AuditField{Name: prefix + f.Name, Value: plain(f.Value)}
	}
	value, open := openings[f.Commitment]
	return page.AuditField{Name: prefix + f.Name, Value: plain(value), Personal: true, Erased: !open}
}

// longestField is how much of a value a table shows; the whole of it stands
// in the record.
const longestField = 300

// anInstant is the smallest number that must be an instant: microseconds in
// 1973. Nothing else that is recorded counts so far.
const anInstant = 100_000_000_000_000

// plain is a JSON value as a person reads it.
func plain(raw []byte) string {
	text := string(raw)
	var s string
	var n int64
	switch {
	case json.Unmarshal(raw, &s) == nil:
		text = s
	case json.Unmarshal(raw, &n) == nil && n >= anInstant:
		text = holdfast.FromMicros(n).Format("2 Jan 2006, 15:04:05.000000 UTC")
	}
	if r := []rune(text); len(r) > longestField {
		text = string(r[:longestField]) + "…"
	}
	return text
}
