package page

import (
	"slices"

	"holdfast/domain/surroundings"
)

// NewSurrounding is the form that declares something of one kind, or says
// otherwise what is declared.
type NewSurrounding struct {
	Frame
	ID     string // of what is declared already; empty: it is new
	Title  string // what that is called
	Owner  Link   // whose that is: it does not change
	Kind   surroundings.Kind
	Typed  map[string]string // by the name of the input
	Errors Errors
}

// What is the kind as people say it.
func (n *NewSurrounding) What() string { return kindWords(n.Kind) }

// Heading is what the form does.
func (n *NewSurrounding) Heading() string {
	if n.ID == "" {
		return "Declare a " + n.What()
	}
	return "Change " + n.Title
}

// Action is where the form goes.
func (n *NewSurrounding) Action() string {
	if n.ID == "" {
		return PathSurroundings
	}
	return SurroundingPath(n.ID, "edit")
}

// Teaches says what the kind is.
func (n *NewSurrounding) Teaches() string { return kindTeaches(n.Kind) }

func (n *NewSurrounding) field(name, label, help string, kinds ...surroundings.Kind) []Field {
	if len(kinds) > 0 && !slices.Contains(kinds, n.Kind) {
		return nil
	}
	return []Field{{Name: name, Label: label, Help: help, Value: n.Typed[name], Error: n.Errors[name], Autocomplete: "off"}}
}

func as(kind string, fields []Field) []Field {
	for i := range fields {
		fields[i].Type = kind
	}
	return fields
}

func required(fields []Field) []Field {
	for i := range fields {
		fields[i].Required = true
	}
	return fields
}

func (n *NewSurrounding) choice(name string, fields []Field, words []string, say func(string) string) []Field {
	for i := range fields {
		fields[i].Type = "select"
		for _, w := range words {
			fields[i].Options = append(fields[i].Options, Option{Value: w, Label: say(w), Chosen: n.Typed[name] == w})
		}
	}
	return fields
}

// Fields are the inputs that the kind has, what is asked of everybody first.
func (n *NewSurrounding) Fields() []Field {
	const (
		account, mailbox, phone = surroundings.SyncAccount, surroundings.Mailbox, surroundings.Phone
		kept, power, departure  = surroundings.KeptCode, surroundings.Power, surroundings.Departure
		ways                    = "One way a line; what it takes together joined by +, such as password+code. The words stand below."
	)
	var out []Field
	add := func(fields []Field) { out = append(out, fields...) }
	if n.ID == "" {
		add(required(n.field("person", "Whose it is", "Their e-mail address here.", account, mailbox, phone, kept, departure)))
	}
	names := map[surroundings.Kind]string{account: "What to call it, such as Ada’s cloud account.", mailbox: "The address is best.", phone: "The number, or what to call it.", kept: "What to call the place, such as Ada’s drawer.", power: "What to call it, such as Service desk."}
	add(required(n.field("name", "Name", names[n.Kind], account, mailbox, phone, kept, power)))
	add(required(as("date", n.field("from", "Day on which they left", "", departure))))
	add(required(n.field("provider", "Sync provider", "As the policy names it.", account)))
	add(n.field("provider", "Mail domain", "Only where the name above is not the address.", mailbox))
	add(n.choice("over", n.field("over", "What it is over", "", power), surroundings.Overs(), overWords))
	add(n.field("target", "Which of them", "A mail domain, a sync provider, segment:NAME or group:NAME. Left empty: all.", power))
	add(required(as("textarea", n.field("holders", "Who has it", "One a line: the e-mail address of somebody here, or the name of somebody outside.", power))))
	add(n.field("k", "How many must act together", "Left empty: one alone.", power))
	add(n.choice("check", n.field("check", "How they make sure of who asks", "What can be known, asked or recognised is no proof: a caller with a story passes it.", power),
		append([]string{""}, surroundings.Checks()...), checkOption))
	add(as("textarea", n.field("sign_in", "Ways in", ways, account, mailbox)))
	add(as("textarea", n.field("sign_in", "What takes whoever looks for it there", ways, kept)))
	add(as("textarea", n.field("sign_in", "Ways into the account by which it is used", ways, power)))
	add(as("textarea", n.field("recovery", "Ways to recover it", ways, account, mailbox)))
	add(as("textarea", n.field("recovery", "Ways to recover that account", ways, power)))
	add(as("textarea", n.field("recovery", "Ways to get the number onto another SIM", ways, phone)))
	add(as("textarea", n.field("devices", "Devices that hold a copy or that it trusts", "One a line.", account, mailbox, phone, kept, power)))
	add(n.choice("status", n.field("status", "How it is known", ""), []string{surroundings.Declared, surroundings.Observed, surroundings.Assumed}, statusWords))
	add(n.field("source", "Who or what says so", ""))
	add(as("date", n.field("from", "Since", "Left empty: for as long as it matters.", account, mailbox, phone, kept, power)))
	add(as("date", n.field("until", "Until", "The day from which on it is so no more. Left empty: it still is.")))
	add(as("date", n.field("review_by", "Look again by", n.reviewHelp())))
	return atFirstError(out)
}

// reviewHelp says what comes of an empty day, and of a day that is past.
func (n *NewSurrounding) reviewHelp() string {
	empty, past := "Left empty: in a year.", "After that day it is as good as unknown."
	if n.ID != "" {
		empty = "Left empty: as it was."
	}
	if n.Kind == surroundings.Power || n.Kind == surroundings.Departure {
		past = "After that day it counts all the same, and is shown as overdue."
	}
	return empty + " " + past
}

// Ticks are its checkboxes.
func (n *NewSurrounding) Ticks() []Tick {
	var out []Tick
	if n.Kind == surroundings.SyncAccount {
		out = append(out, Tick{"primary", "primary", "yes", "It is their account in the organisation’s directory", "Whoever resets that account then has the passkeys.", n.Typed["primary"] != ""})
	}
	if n.Kind != surroundings.Power && n.Kind != surroundings.Departure && n.Kind != surroundings.KeptCode {
		out = append(out, Tick{"recovery_complete", "recovery_complete", "yes", "There is no other way to recover it", "Without this, ways to recover it that are left empty are unknown.", n.Typed["recovery_complete"] != ""})
	}
	return out
}

// Words are the factors with what they are; a departure has none.
func (n *NewSurrounding) Words() []Pair {
	if n.Kind == surroundings.Departure {
		return nil
	}
	var out []Pair
	for _, f := range surroundings.Factors() {
		out = append(out, Pair{Name: string(f), Value: factorWords(f)})
	}
	return append(out, Pair{Name: "2-of-3-devices", Value: "any two of the three devices, unlocked"})
}

func factorWords(f surroundings.Factor) string {
	switch f {
	case surroundings.Password:
		return "a password"
	case surroundings.Code:
		return "a one-time code, or a prompt on a device that the account trusts"
	case surroundings.TOTP:
		return "a code from an authenticator app"
	case surroundings.SavedCode:
		return "a recovery code on paper"
	case surroundings.Passkey:
		return "a passkey that may be copied"
	case surroundings.Key:
		return "a security key"
	case surroundings.Device:
		return "one of the devices, unlocked"
	case surroundings.PIN:
		return "a PIN"
	case surroundings.Email:
		return "the person’s mailbox"
	case surroundings.SMS:
		return "the person’s telephone number"
	case surroundings.Contact:
		return "a trusted person"
	case surroundings.Desk:
		return "whoever has a power over accounts in the directory"
	case surroundings.Admin:
		return "whoever has a power over the provider, or over the mail"
	case surroundings.UnknownFactor:
		return "nobody knows; it stands alone"
	}
	return ""
}

func checkOption(check string) string {
	if check == "" {
		return "nobody asks them"
	}
	return checkWords(check)
}

func statusWords(status string) string {
	switch status {
	case surroundings.Observed:
		return "observed: we have looked"
	case surroundings.Assumed:
		return "assumed: as good as unknown"
	}
	return "declared: somebody says so"
}

func (*NewSurrounding) name() string  { return "newsurrounding" }
func (*NewSurrounding) shell() string { return "console" }
