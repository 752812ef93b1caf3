package page

import (
	"strings"
	"time"
)

// SignIn asks for a passkey, with autofill and with a button. With StepUp it
// asks the person who is signed in to confirm that it is still they.
type SignIn struct {
	Frame
	Return  string // local path to go to afterwards; the script sends it with begin
	App     string // name of the application that asked, if one did
	StepUp  bool   // confirm the present person (Frame.Person); no name field
	Reason  string // a sentence: why to confirm ("Removing a passkey needs a fresh sign-in.")
	Notice  string // a sentence above the field ("You signed out.")
	Warning string // likewise, for what went wrong before
}

// LinkState is whether an invitation or set-up link can be used.
type LinkState string

const (
	LinkReady   LinkState = ""
	LinkExpired LinkState = "expired"
	LinkUsed    LinkState = "used"
	LinkMissing LinkState = "missing" // no ticket, or none that we know
)

// Enrol is where an invitation leads. The ticket is in the fragment, which the
// server never sees: the script sends it to /door/enrol/begin and fills in the
// names. The optional member "invitation" of begin's answer
// ({"person", "invitedBy", "organisation", "ends"}) is shown when present.
type Enrol struct {
	Frame
	Invitee   string // where the server knows them
	InvitedBy string
	State     LinkState
}

// Setup is the first administrator's page. The script sends ticket,
// organisation, name and email together with begin.
type Setup struct {
	Frame
	Suggested    string // organisation name to start from
	Name, Email  string
	State        LinkState
	StepsOfSetup []Step
}

// Steps are the stages of the set-up.
func (s *Setup) Steps() []Step {
	if len(s.StepsOfSetup) > 0 {
		return s.StepsOfSetup
	}
	return []Step{{"Name the organisation", StepNow}, {"Create your passkey", StepNow}, {"Add a spare", StepAhead}}
}

// Fields are the inputs of the set-up form.
func (s *Setup) Fields() []Field {
	return []Field{
		{Name: "organisation", Label: "Organisation", Value: s.Suggested, Required: true, Autocomplete: "organization",
			Help: "People see this name when they sign in."},
		{Name: "name", Label: "Your name", Value: s.Name, Required: true, Autocomplete: "name"},
		{Name: "email", Label: "Your e-mail address", Type: "email", Value: s.Email, Required: true, Autocomplete: "email"},
	}
}

// Welcome follows the creation of a passkey: now add a spare.
type Welcome struct {
	Frame
	Passkeys []Passkey // what the person has now
	Continue Link      // where to go on; "Continue to your apps" where empty
}

// First says whether there is no spare yet.
func (w *Welcome) First() bool { return len(w.Passkeys) < 2 }

// Next is where the page leads on to.
func (w *Welcome) Next() Link {
	if w.Continue.URL != "" {
		return w.Continue
	}
	return Link{"Continue to your apps", PathHome}
}

// Consent asks whether an application may know who is signed in. Its form posts
// decision=allow|deny; the answer is a Navigate page, since form-action 'self'
// forbids a redirect to the application.
type Consent struct {
	Frame
	App    string
	AppURL string   // host of the redirect URI, shown so that a wrong one is noticed
	Gets   []string // sentences: "Your name", "Your e-mail address, ada@example.org"
	Action string
	Hidden []Hidden
}

// SignOut asks whether to end the session; Action is PathSignOut where empty.
type SignOut struct {
	Frame
	App    string // the application that asked, if one did
	Action string
	Hidden []Hidden
}

// To is where the form is posted.
func (s *SignOut) To() string {
	if s.Action == "" {
		return PathSignOut
	}
	return s.Action
}

// SignedOut says that the session is over.
type SignedOut struct {
	Frame
	Everywhere bool // on all devices, not only here
	Back       Link // to the application that asked
}

// Navigate is an answer of 200 that moves the browser on to another origin,
// where a redirect after a form post would be refused by form-action 'self'.
type Navigate struct {
	Frame
	Target string // absolute; any scheme that does not run script
	Name   string // of the application
	Denied bool   // the person refused
	Left   bool   // the person signed out
}

// Safe says whether Target may be followed. The caller has matched it against
// a registered redirect URI already; this refuses what would run in our origin.
func (n *Navigate) Safe() bool {
	scheme, rest, ok := strings.Cut(n.Target, ":")
	if !ok || rest == "" || scheme == "" || strings.ContainsAny(n.Target, " \t\r\n\"'<>\\`") {
		return false
	}
	for _, c := range scheme {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.') {
			return false
		}
	}
	switch strings.ToLower(scheme) {
	case "javascript", "data", "vbscript", "blob", "filesystem", "file", "about", "view-source":
		return false
	}
	return true
}

// Problem says what went wrong and what to do.
type Problem struct {
	Frame
	Status int    // of HTTP
	Title  string // a short sentence; by Status where empty
	Text   string // what to do
	Code   string // stable, for a report
	Step   string // of the specification
	Trace  string // finds the log entry
	Action Link   // the way on; home where empty
	At     time.Time
}

// Headline is the Title, or one by Status.
func (p *Problem) Headline() string {
	if p.Title != "" {
		return p.Title
	}
	switch p.Status {
	case 401:
		return "Sign in first"
	case 403:
		return "This is not open to you"
	case 404:
		return "There is nothing here"
	case 409:
		return "This was already done"
	case 410:
		return "This link has ended"
	case 429:
		return "Too many attempts"
	case 503:
		return "Not available just now"
	}
	if p.Status >= 500 {
		return "Something went wrong on our side"
	}
	return "This could not be done"
}

// Way is the way on.
func (p *Problem) Way() Link {
	if p.Action.URL != "" {
		return p.Action
	}
	return Link{"Go to the start page", PathHome}
}

func (*SignIn) name() string    { return "signin" }
func (*Enrol) name() string     { return "enrol" }
func (*Setup) name() string     { return "setup" }
func (*Welcome) name() string   { return "welcome" }
func (*Consent) name() string   { return "consent" }
func (*SignOut) name() string   { return "signout" }
func (*SignedOut) name() string { return "signedout" }
func (*Navigate) name() string  { return "navigate" }
func (*Problem) name() string   { return "problem" }

func (*SignIn) shell() string    { return "door" }
func (*Enrol) shell() string     { return "door" }
func (*Setup) shell() string     { return "door" }
func (*Welcome) shell() string   { return "door" }
func (*Consent) shell() string   { return "door" }
func (*SignOut) shell() string   { return "door" }
func (*SignedOut) shell() string { return "door" }
func (*Navigate) shell() string  { return "door" }
func (*Problem) shell() string   { return "door" }
