package rules

import (
	"strings"

	"holdfast/domain/exposure"
)

// Source is what an edge was made of, all of whose edges come and go together:
// "credential:ID", "sync:ID", "mailbox:ID", "phone:ID", "power:ID",
// "fallback:NAME", "recovery:NAME", "enrolment:NAME", "role:PERSON", "token:ID",
// "link:ID", "binding", "root". It is empty for what only connects others.
func Source(e *exposure.Edge) string {
	if e.Of != "" {
		return e.Of
	}
	_, first, _ := strings.Cut(e.ID, ":")
	switch e.Rule {
	case "passkey", "passkey-unverified", "synced-device", "one-provider", "use-copy", "synced-copy":
		return "credential:" + before(first)
	case "sync-sign-in", "sync-recovery", "sync-unknown":
		return "sync:" + before(first)
	case "inbox-sign-in", "inbox-recovery", "inbox-unknown":
		return "mailbox:" + before(first)
	case "inbox":
		return "mailbox:" + first
	case "number-recovery", "number":
		return "phone:" + before(first)
	case "managed-device", "sync-primary", "sync-power", "inbox-power", "inbox-dns", "way-power":
		return "power:" + e.ID[strings.LastIndexByte(e.ID, ':')+1:]
	case "power-sign-in", "power-recovery", "power-holders", "power-check", "desk-reset", "root-holder":
		return "power:" + before(first)
	case "fallback":
		return "fallback:" + before(first)
	case "recovery-outsider", "enrolment-outsider":
		return e.ID[:strings.LastIndexByte(e.ID, ':')]
	case "recovery-insider", "enrolment-insider":
		return first[:strings.LastIndexByte(first, ':')]
	case "operator-power":
		return "role:" + e.ID[strings.LastIndexByte(e.ID, ':')+1:]
	case "token-power":
		return "token:" + e.ID[strings.LastIndexByte(e.ID, ':')+1:]
	case "link", "link-mailed":
		return "link:" + first
	case "bind", "bind-code", "bound":
		return "binding"
	case "root":
		return "root"
	}
	return ""
}

func before(s string) string {
	id, _, _ := strings.Cut(s, ":")
	return id
}
