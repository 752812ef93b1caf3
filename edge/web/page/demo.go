package page

import "time"

// Mail is one message that would have been sent.
type Mail struct {
	ID, To, Subject string
	At              time.Time
}

// MailSink lists the demo's mail.
type MailSink struct {
	Frame
	Mails []Mail
}

// MailMessage is one message of the demo. Addresses in Body become links.
type MailMessage struct {
	Frame
	Mail Mail
	From string
	Body string // plain text
}

// DemoApp is the home of the demo's application, which signs in through
// OpenID Connect like any other.
type DemoApp struct {
	Frame
	AppName    string // "Tide tables"
	SignInURL  string
	SignOutURL string // posted
	SignedIn   bool
	Greeting   string // the name claim
	Claims     []Pair // of the ID token, each with a plain note
	Failure    string // a sentence, when the last sign-in was refused
	Ended      string // a sentence, when the session was ended elsewhere
}

// Storybook lists the stories.
type Storybook struct {
	Frame
	Sections []StorySection
}

// StorySection is a heading and its stories.
type StorySection struct {
	Title   string
	Stories []Link
}

// Components shows every component with sample data.
type Components struct {
	Frame
	Inputs    []Field
	Badges    []Badge
	Secret    Secret
	Rows      []PersonRow
	Steps     []Step
	Moments   []Moment
	Sentences []string
	Changes   []Change
	Code      Code
	Progress  Progress
	Empty     Empty
	Pairs     []Pair
	Pager     Pager
}

func (*MailSink) name() string    { return "mailsink" }
func (*MailMessage) name() string { return "mailmessage" }
func (*DemoApp) name() string     { return "demoapp" }
func (*Storybook) name() string   { return "storybook" }
func (*Components) name() string  { return "components" }

func (*MailSink) shell() string    { return "demo" }
func (*MailMessage) shell() string { return "demo" }
func (*DemoApp) shell() string     { return "demo" }
func (*Storybook) shell() string   { return "demo" }
func (*Components) shell() string  { return "demo" }
