package doctor

import (
	"fmt"
	"time"

	"holdfast/edge/store"
)

const (
	backupAge = 7 * 24 * time.Hour
	keyAge    = 365 * 24 * time.Hour
	mailAge   = time.Hour // what has failed for longer is not a short trouble
)

// Database judges what was read of a database. pending are the names of the
// steps that it has not had; manual says that the server does not run them.
func Database(x store.Examined, postgres bool, pending []string, manual bool, now time.Time) []Finding {
	all := []Finding{schema(x, pending, manual)}
	if postgres {
		all = append(all, durable(x)...)
	} else {
		all = append(all, ok("database", "the embedded SQLite answers"))
	}
	return append(all, backups(x, now), administrators(x), signingKeys(x, now), outbox(x, now))
}

func schema(x store.Examined, pending []string, manual bool) Finding {
	const code = "schema"
	switch {
	case len(pending) > 0 && manual:
		return failed(code, fmt.Sprintf("%s of the schema did not run, and migrate is manual: the server does not start", plural(len(pending), "step")),
			"Make a backup, look at holdfast migrate --plan, then run holdfast migrate.")
	case len(pending) > 0:
		return warn(code, fmt.Sprintf("%s of the schema will run at the next start of the server", plural(len(pending), "step")),
			"Make a backup before that; holdfast migrate --plan prints them. There is no way back but a backup.")
	}
	return ok(code, fmt.Sprintf("the schema is at step %d, the last", x.Step))
}

// durable: what was acknowledged must survive a power cut; else a used code, a
// removed passkey, a tail of the log come back or vanish.
func durable(x store.Examined) (all []Finding) {
	if x.Standby {
		all = append(all, failed("database", "this PostgreSQL is a standby: nothing can be written",
			"Name the primary in database_url_file; with several hosts add target_session_attrs=read-write."))
	} else {
		all = append(all, ok("database", "PostgreSQL "+x.Version+" answers, and takes writes"))
	}
	const code = "database_durable"
	switch {
	case !x.Fsync:
		all = append(all, failed(code, "fsync is off: after a power cut the database may be lost, and the log with it", "Set fsync = on in postgresql.conf."))
	case !x.FullPageWrites:
		all = append(all, failed(code, "full_page_writes is off: a crash in the middle of a write may tear a page", "Set full_page_writes = on in postgresql.conf."))
	case x.SynchronousCommit == "off":
		all = append(all, failed(code, "synchronous_commit is off though our sessions ask for it: something between us and PostgreSQL drops the settings of a session",
			"Set synchronous_commit = on for the role, or have the pooler pass startup parameters."))
	default:
		all = append(all, ok(code, "what is acknowledged is on disk"))
	}
	return all
}

func backups(x store.Examined, now time.Time) Finding {
	const code, do = "backup", "Run holdfast backup, and have it run every day."
	old := now.Sub(x.LastBackup)
	switch {
	case x.LastBackup.IsZero():
		return warn(code, "the log knows of no backup", do)
	case old > backupAge:
		return warn(code, fmt.Sprintf("the last backup is %s old; %s came after it", age(old), plural(int(x.SinceBackup), "record")), do)
	}
	return ok(code, fmt.Sprintf("the last backup is %s old; %s came after it", age(old), plural(int(x.SinceBackup), "record")))
}

func administrators(x store.Examined) Finding {
	const code = "administrators"
	var poor, without int
	for _, a := range x.Administrators {
		if a.Passkeys == 1 {
			poor++
		} else if a.Passkeys == 0 {
			without++
		}
	}
	n := len(x.Administrators)
	switch {
	case n-without == 0:
		return warn(code, "nobody can administer the organisation", "Run holdfast setup link, and open the link; or promote somebody by holdfast person promote.")
	case n-without == 1:
		return warn(code, "there is one administrator: who loses that person, or that person's passkeys, needs this host to get in again",
			"Make somebody else an administrator too.")
	case poor > 0:
		return warn(code, fmt.Sprintf("%d of %s have one passkey alone", poor, plural(n, "administrator")), "Have them add a second passkey, on another device, in their portal.")
	}
	return ok(code, fmt.Sprintf("%s, each with more than one passkey", plural(n-without, "administrator")))
}

func signingKeys(x store.Examined, now time.Time) Finding {
	const code = "signing_keys"
	if len(x.SigningKeys) == 0 {
		return warn(code, "there is no key that signs tokens yet", "The server makes them when it starts.")
	}
	oldest := x.SigningKeys[len(x.SigningKeys)-1]
	if d := now.Sub(oldest); d > keyAge {
		return warn(code, fmt.Sprintf("a key that signs tokens is %s old", age(d)), "Run holdfast key rotate; the old keys stay published until their last token is over.")
	}
	return ok(code, fmt.Sprintf("the keys that sign tokens are at most %s old", age(max(0, now.Sub(oldest)))))
}

func outbox(x store.Examined, now time.Time) Finding {
	const code = "outbox"
	var dead, failing int64
	for _, c := range x.Outbox {
		dead += c.Dead
		if c.Failing > 0 && now.Sub(c.Oldest) > mailAge {
			failing += c.Failing
		}
	}
	switch {
	case dead > 0:
		return warn(code, fmt.Sprintf("%d deliveries (mail, logout messages) were given up", dead), "The settings page and holdfast outbox given-up say why each failed. Mend the cause, then try again there, or with holdfast outbox retry KIND.")
	case failing > 0:
		return warn(code, fmt.Sprintf("%d deliveries have failed for more than an hour and are tried on", failing), "The server's log says why.")
	}
	return ok(code, "nothing waits that should have gone")
}
