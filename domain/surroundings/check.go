package surroundings

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"holdfast"
	"holdfast/domain/person"
)

const (
	maxWays    = 20
	maxDevices = 20
	maxHolders = 1000
	maxText    = 200
)

// checked is d, tidied up, if it makes sense.
func (d Declaration) checked(now time.Time) (Declaration, error) {
	if !slices.Contains(Kinds(), d.Kind) {
		return d, holdfast.Errorf(holdfast.Invalid, "surrounding_kind", "There is no kind %q. The kinds are: %s.", d.Kind, listed(Kinds()))
	}
	if d.Kind == Departure && strings.TrimSpace(d.Name) == "" {
		d.Name = "departure of " + string(d.Person)
	}
	for _, step := range []func(*Declaration) error{
		(*Declaration).checkOwner, (*Declaration).checkFields, (*Declaration).checkTexts, (*Declaration).checkWays, (*Declaration).checkPower,
		func(d *Declaration) error { return d.checkTimes(now) },
	} {
		if err := step(&d); err != nil {
			return d, err
		}
	}
	return d, nil
}

func (d *Declaration) checkOwner() error {
	switch {
	case d.Kind == Power && d.Person != "":
		return holdfast.Errorf(holdfast.Invalid, "surrounding_person", "A power belongs to nobody in particular: leave the person out, and say who holds it in holders.")
	case d.Kind != Power && d.Person == "":
		return holdfast.Errorf(holdfast.Invalid, "surrounding_person", "Say whose it is: a %s belongs to a person.", word(d.Kind))
	}
	return nil
}

// checkFields refuses what another kind has: said in the wrong place, it would
// count for nothing without anybody knowing.
func (d *Declaration) checkFields() error {
	for _, f := range []struct {
		name string
		set  bool
		of   []Kind
	}{
		{"provider", d.Provider != "", []Kind{SyncAccount, Mailbox}},
		{"primary", d.Primary, []Kind{SyncAccount}},
		{"sign_in", len(d.SignIn) > 0, []Kind{SyncAccount, Mailbox, KeptCode, Power}},
		{"recovery", len(d.Recovery) > 0, []Kind{SyncAccount, Mailbox, Phone, Power}},
		{"recovery_complete", d.Said, []Kind{SyncAccount, Mailbox, Phone}},
		{"devices", len(d.Devices) > 0, []Kind{SyncAccount, Mailbox, Phone, KeptCode, Power}},
		{"over", d.Over != "", []Kind{Power}},
		{"target", d.Target != "", []Kind{Power}},
		{"holders", len(d.Holders) > 0, []Kind{Power}},
		{"k", d.K != 0, []Kind{Power}},
		{"check", d.Check != "", []Kind{Power}},
	} {
		if f.set && !slices.Contains(f.of, d.Kind) {
			return holdfast.Errorf(holdfast.Invalid, "surrounding_field", "A %s has no %s: leave it out.", word(d.Kind), f.name)
		}
	}
	return nil
}

func (d *Declaration) checkTexts() (err error) {
	if d.Name, err = person.Name(d.Name); err != nil {
		return holdfast.Errorf(holdfast.Invalid, "surrounding_name", "Say what to call it, in a name of 1 to 120 printable characters.")
	}
	for _, f := range []struct {
		name string
		text *string
	}{{"provider", &d.Provider}, {"target", &d.Target}, {"source", &d.Source}} {
		if err := tidy(f.name, f.text); err != nil {
			return err
		}
	}
	if d.Kind == SyncAccount && d.Provider == "" {
		return holdfast.Errorf(holdfast.Invalid, "surrounding_provider", "Say at which provider the account is, by the name that the policy gives it: provider.")
	}
	if d.Kind == Mailbox {
		d.Provider = strings.ToLower(d.Provider)
	}
	if d.Devices, err = tidied("devices", d.Devices, maxDevices); err != nil {
		return err
	}
	if d.Holders, err = tidied("holders", d.Holders, maxHolders); err != nil {
		return err
	}
	if d.Status == "" {
		d.Status = Declared
	}
	if !slices.Contains(Statuses(), d.Status) {
		return holdfast.Errorf(holdfast.Invalid, "surrounding_status", "There is no status %q: say observed, declared or assumed.", d.Status)
	}
	return nil
}

func (d *Declaration) checkWays() error {
	for _, f := range []struct {
		name string
		ways *[]string
	}{{"sign_in", &d.SignIn}, {"recovery", &d.Recovery}} {
		if len(*f.ways) > maxWays {
			return holdfast.Errorf(holdfast.Invalid, "surrounding_ways", "The list %s has at most %d ways.", f.name, maxWays)
		}
		for i, text := range *f.ways {
			w, err := ParseWay(text)
			if err != nil {
				return err
			}
			if slices.Contains((*f.ways)[:i], text) {
				return holdfast.Errorf(holdfast.Invalid, "surrounding_ways", "The list %s has %q twice.", f.name, text)
			}
			if err := d.checkWay(w); err != nil {
				return err
			}
		}
		*f.ways = slices.Clone(*f.ways) // of the caller no longer
	}
	return nil
}

// checkWay holds a way against the devices and the kind.
func (d *Declaration) checkWay(w Way) error {
	for _, f := range w {
		_, n, several := f.OfDevices()
		switch {
		case several && n != len(d.Devices):
			return holdfast.Errorf(holdfast.Invalid, "surrounding_devices", "%s needs exactly %d devices, and devices lists %d.", f, n, len(d.Devices))
		case f == Device && len(d.Devices) == 0:
			return holdfast.Errorf(holdfast.Invalid, "surrounding_devices", "The factor device is one of devices: list them.")
		case f == SavedCode && d.Kind == KeptCode:
			return holdfast.Errorf(holdfast.Invalid, "surrounding_factor", "A saved code is not kept behind itself: say what takes whoever looks for it to where it is.")
		case f == SMS && d.Kind == Phone:
			return holdfast.Errorf(holdfast.Invalid, "surrounding_factor", "A telephone number is not won back by a message to itself: leave sms out.")
		}
	}
	return nil
}

func (d *Declaration) checkPower() error {
	if d.Kind != Power {
		return nil
	}
	switch {
	case !slices.Contains(Overs(), d.Over):
		return holdfast.Errorf(holdfast.Invalid, "surrounding_over", "There is no power over %q. A power is over one of: %s.", d.Over, listed(Overs()))
	case len(d.Holders) == 0:
		return holdfast.Errorf(holdfast.Invalid, "surrounding_holders", "Say who holds the power: person:ID for somebody here, a name for somebody outside.")
	case d.K < 0 || d.K > len(d.Holders):
		return holdfast.Errorf(holdfast.Invalid, "surrounding_k", "k is how many of the %d holders must act together: 1 to %d.", len(d.Holders), len(d.Holders))
	case d.Check != "" && !slices.Contains(Checks(), d.Check):
		return holdfast.Errorf(holdfast.Invalid, "surrounding_check", "There is no check %q. A check is one of: %s.", d.Check, listed(Checks()))
	case d.Check == "" && asked(d.Over):
		return holdfast.Errorf(holdfast.Invalid, "surrounding_check", "Say how those who hold this power make sure of who asks: check is one of %s.", listed(Checks()))
	}
	for _, h := range d.Holders {
		if id, ok := HolderPerson(h); ok && id == "" {
			return holdfast.Errorf(holdfast.Invalid, "surrounding_holders", "A holder here is written person:ID.")
		}
	}
	return d.checkTarget()
}

func (d *Declaration) checkTarget() error {
	of, name, aimed := strings.Cut(d.Target, ":")
	aimed = aimed && name != "" && (of == "segment" || of == "group")
	switch d.Over {
	case OverProvider:
		return nil
	case OverMail, OverDNS:
		if aimed || d.Target == "" {
			return nil
		}
		d.Target = strings.ToLower(d.Target)
		if strings.ContainsAny(d.Target, "@/: ") || !strings.Contains(d.Target, ".") {
			return holdfast.Errorf(holdfast.Invalid, "surrounding_target", "The target of a power over %s is a mail domain such as example.org, segment:NAME or group:NAME.", d.Over)
		}
	case OverPrimary, OverPasskeys, OverDevices:
		if !aimed && d.Target != "" {
			return holdfast.Errorf(holdfast.Invalid, "surrounding_target", "The target of a power over %s is segment:NAME or group:NAME.", d.Over)
		}
	default:
		if d.Target != "" {
			return holdfast.Errorf(holdfast.Invalid, "surrounding_target", "A power over %s has no target: it is over everything.", d.Over)
		}
	}
	return nil
}

func (d *Declaration) checkTimes(now time.Time) error {
	if d.ReviewBy.IsZero() {
		d.ReviewBy = Again(now)
	}
	if d.Kind == Departure && d.From.IsZero() {
		return holdfast.Errorf(holdfast.Invalid, "surrounding_from", "Say on which day the person left: from.")
	}
	if !d.Until.IsZero() && !d.Until.After(d.From) {
		return holdfast.Errorf(holdfast.Invalid, "surrounding_until", "until comes after from.")
	}
	// As they come back from the store: what is said again is no change.
	d.ReviewBy, d.From, d.Until = stored(d.ReviewBy), stored(d.From), stored(d.Until)
	return nil
}

func stored(t time.Time) time.Time { return holdfast.FromMicros(holdfast.Micros(t)) }

// tidy trims a text and refuses what nobody can read.
func tidy(name string, text *string) error {
	*text = strings.TrimSpace(*text)
	if utf8.RuneCountInString(*text) > maxText || !utf8.ValidString(*text) || strings.ContainsFunc(*text, person.Deceives) {
		return holdfast.Errorf(holdfast.Invalid, "surrounding_text", "The member %s has at most %d printable characters.", name, maxText)
	}
	return nil
}

func tidied(name string, texts []string, most int) ([]string, error) {
	if len(texts) > most {
		return nil, holdfast.Errorf(holdfast.Invalid, "surrounding_list", "The list %s has at most %d members.", name, most)
	}
	out := slices.Clone(texts)
	for i := range out {
		if err := tidy(name, &out[i]); err != nil {
			return nil, err
		}
		if out[i] == "" || slices.Contains(out[:i], out[i]) {
			return nil, holdfast.Errorf(holdfast.Invalid, "surrounding_list", "The list %s has %q twice, or something empty.", name, out[i])
		}
	}
	return out, nil
}

// word is a kind in a sentence.
func word(k Kind) string { return strings.ReplaceAll(string(k), "_", " ") }
