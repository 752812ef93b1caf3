package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"holdfast"
	"holdfast/edge/backup"
	"holdfast/edge/config"
	"holdfast/edge/doctor"
	"holdfast/edge/host"
	"holdfast/edge/keys"
	"holdfast/edge/notify"
	"holdfast/edge/store"
)

// runDoctor is "holdfast doctor": it looks at everything, whether a server runs
// or not, and ends with 1 where something fails.
func runDoctor(ctx context.Context, c console, args []string) error {
	var set settings
	fs := flag.NewFlagSet("holdfast doctor", flag.ContinueOnError)
	set.flags(fs, false)
	asJSON := fs.Bool("json", false, "print JSON")
	if err := parse(c, fs, args); err != nil {
		return err
	}
	cfg, err := set.read()
	if err != nil {
		return err // not one finding holds on a configuration that is none
	}
	all := examine(ctx, cfg, set.file)
	if *asJSON {
		err = json.NewEncoder(c.out).Encode(struct {
			OK       bool             `json:"ok"`
			Findings []doctor.Finding `json:"findings"`
		}{!doctor.Failed(all), all})
	} else {
		err = printFindings(c.out, all)
	}
	if err == nil && doctor.Failed(all) {
		return exitCode(1)
	}
	return err
}

// examine looks at a deployment from its host.
func examine(ctx context.Context, cfg config.Config, file string) []doctor.Finding {
	all := doctor.Settings(cfg)
	all = append(all, doctor.Files(cfg, file)...)
	all = append(all, doctor.KernelClock())
	all = append(all, examineDatabase(ctx, cfg)...)
	var mailer *notify.Mailer
	var err error
	if cfg.Mail.On() {
		mailer, err = newMailer(cfg)
	}
	all = append(all, doctor.Mail(ctx, mailer, err))
	outside := doctor.Outside{Origin: cfg.Origin, Clock: time.Now, Running: running(cfg), CertFile: cfg.TLS.CertFile}
	if master, err := keys.Load(cfg.MasterKeyFile, false); err == nil {
		outside.Key = doctorKey(master)
	}
	return append(all, outside.Look(ctx)...)
}

// doctorKey is for markers alone.
func doctorKey(m keys.Master) []byte { return m.Derive("doctor") }

// running says whether a server holds the data folder.
func running(cfg config.Config) bool {
	socket, err := host.SocketPath(cfg.Data)
	if err != nil {
		return false
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

func examineDatabase(ctx context.Context, cfg config.Config) (all []doctor.Finding) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	where, _, _, err := place(cfg)
	if err != nil {
		return []doctor.Finding{{Code: "master_key", Grade: doctor.Fail, Found: err.Error(),
			Do: "Start the server once, which makes it, or put the key of your backup there."}}
	}
	before := time.Now()
	x, err := store.Examine(ctx, where, backup.BackedUp)
	after := time.Now()
	if err != nil {
		return []doctor.Finding{noDatabase(err)}
	}
	_, pending, err := store.Plan(ctx, where)
	if err != nil {
		return []doctor.Finding{{Code: "schema", Grade: doctor.Fail, Found: err.Error(), Do: "Run the Holdfast that made this database, or a newer one."}}
	}
	var names []string
	for _, p := range pending {
		names = append(names, p.Name)
	}
	all = doctor.Database(x, where.Postgres != "", names, cfg.Migrate == "manual", after)
	all = append(all, doctor.Metadata(x.Metadata, cfg, after))
	if where.Postgres != "" {
		return append(all, doctor.Skew("clock_database", "PostgreSQL", x.Clock, before, after, time.Millisecond))
	}
	space, err := doctor.SpaceAt(cfg.Data)
	if err != nil {
		return append(all, doctor.Finding{Code: "disk", Grade: doctor.Warn, Found: err.Error(), Do: "See whether the data folder can be reached."})
	}
	return append(all, doctor.Disk(cfg.Data, space))
}

func noDatabase(err error) doctor.Finding {
	if holdfast.KindOf(err) == holdfast.NotFound {
		return doctor.Finding{Code: "database", Grade: doctor.Warn, Found: "there is no database yet", Do: "Start the server once, which makes it."}
	}
	text := err.Error()
	if e, ok := errors.AsType[*holdfast.Error](err); ok {
		text = e.Text
		if e.Err != nil {
			text += " (" + e.Err.Error() + ")"
		}
	}
	return doctor.Finding{Code: "database", Grade: doctor.Fail, Found: text, Do: "See that it runs, and that this host reaches it; then run holdfast doctor again."}
}

// printFindings puts what is wrong last, where the eye is.
func printFindings(w io.Writer, all []doctor.Finding) error {
	count := map[doctor.Grade]int{}
	for _, grade := range []doctor.Grade{doctor.OK, doctor.Warn, doctor.Fail} {
		for _, f := range all {
			if f.Grade != grade {
				continue
			}
			count[grade]++
			fmt.Fprintf(w, "%-5s %-16s %s\n", f.Grade, f.Code, cell(f.Found))
			if f.Do != "" {
				fmt.Fprintf(w, "%-22s %s\n", "", cell(f.Do))
			}
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\n", summary(count))
	return err
}

func summary(count map[doctor.Grade]int) string {
	parts := []string{fmt.Sprintf("%d ok", count[doctor.OK])}
	if n := count[doctor.Warn]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d to look at", n))
	}
	if n := count[doctor.Fail]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d wrong", n))
	}
	return strings.Join(parts, ", ")
}

// echoing answers the doctor's marked requests before anything else does.
func (s *server) echoing(next http.Handler) http.Handler {
	vs := s.visits(nil, false)
	return doctor.Echo(next, s.echoKey, time.Now, version(), vs.FromProxy, vs.Address)
}
