package sample

import "holdfast/edge/web/page"

func door(f page.Frame) []Story {
	ada := f
	ada.Person = "Ada Lovelace"
	first := f
	first.Organisation, first.Demo = "", true
	story := func(slug, title string, p page.Page) Story { return Story{"Door", "door-" + slug, title, p} }
	return []Story{
		story("signin", "Sign in", &page.SignIn{Frame: f, Return: "/"}),
		story("signin-app", "Sign in, for an application", &page.SignIn{Frame: f, App: "Tide tables", Return: "/authorize/resume"}),
		story("signin-notice", "Sign in, after the session ended", &page.SignIn{Frame: f, Notice: "You signed out everywhere."}),
		story("signin-warning", "Sign in, when something went wrong before", &page.SignIn{Frame: f, Warning: "Your session ended because it was not used for an hour."}),
		story("stepup", "Confirm it is you", &page.SignIn{Frame: ada, StepUp: true, Return: "/me/passkeys", Reason: "Removing a passkey needs a fresh sign-in."}),
		story("enrol", "Invitation", &page.Enrol{Frame: f, Invitee: "Grace Hopper", InvitedBy: "Ada Lovelace"}),
		story("enrol-unknown", "Invitation, before the ticket is read", &page.Enrol{Frame: f}),
		story("enrol-expired", "Invitation, ended", &page.Enrol{Frame: f, State: page.LinkExpired}),
		story("enrol-used", "Invitation, used", &page.Enrol{Frame: f, State: page.LinkUsed}),
		story("enrol-missing", "Invitation, not complete", &page.Enrol{Frame: f, State: page.LinkMissing}),
		story("setup", "Set-up", &page.Setup{Frame: first, Suggested: "Kelp & Shore Hospital", Name: "Ada Lovelace", Email: "ada@kelp.example"}),
		story("setup-used", "Set-up, link used", &page.Setup{Frame: first, State: page.LinkUsed}),
		story("setup-expired", "Set-up, link ended", &page.Setup{Frame: first, State: page.LinkExpired}),
		story("setup-missing", "Set-up, link not complete", &page.Setup{Frame: first, State: page.LinkMissing}),
		story("welcome", "The first passkey is ready", &page.Welcome{Frame: ada, Passkeys: passkeys()[:1]}),
		story("welcome-spare", "The spare is ready", &page.Welcome{Frame: ada, Passkeys: passkeys()[:2]}),
		story("consent", "Consent", &page.Consent{Frame: ada, App: "Tide tables", AppURL: "tides.kelp.example", Action: "/authorize/consent",
			Gets:   []string{"your name, Ada Lovelace", "your e-mail address, ada@kelp.example", "the groups you are in"},
			Hidden: []page.Hidden{{Name: "request", Value: "req1"}}}),
		story("appneedsgroup", "Not let in to an application", &page.Problem{Frame: ada, Status: 403, Code: "app_needs_group",
			Title: "You cannot use Tide tables yet", Text: "Tide tables is for members of Harbour office or Pilots. Ask an administrator to add you.",
			Action: page.Link{Text: "Back to Tide tables", URL: "/tides"}}),
		story("devicecode", "Let a device in", &page.DeviceCode{Frame: ada, Action: "/device"}),
		story("devicecode-wrong", "Let a device in, wrong code", &page.DeviceCode{Frame: ada, Action: "/device", Typed: "WDJB-MJHX",
			Error: "There is no device with this code, or its time is over. Look at the device again: it may show a new code."}),
		story("deviceconfirm", "Let this device in?", &page.DeviceConfirm{Frame: ada, Action: "/device/decide", App: "Tide tables", Code: "WDJB-MJHT",
			Address: "192.0.2.17", Device: "A program on Linux", Since: ada.Now, Gets: []string{"your name, Ada Lovelace"}}),
		story("devicedone", "Device let in", &page.DeviceDone{Frame: ada, App: "Tide tables"}),
		story("devicedone-denied", "Device not let in", &page.DeviceDone{Frame: ada, App: "Tide tables", Denied: true}),
		story("join", "A managed device is being connected", &page.Join{Frame: f}),
		story("signout", "Sign out?", &page.SignOut{Frame: ada, App: "Tide tables"}),
		story("signedout", "Signed out", &page.SignedOut{Frame: f, Back: page.Link{Text: "Back to Tide tables", URL: "/tides"}}),
		story("signedout-everywhere", "Signed out everywhere", &page.SignedOut{Frame: f, Everywhere: true}),
		// The story goes nowhere: a page that moves on by itself cannot be looked at.
		story("navigate-refused", "Going on, refused", &page.Navigate{Frame: ada, Name: "Tide tables", Target: "javascript:alert(1)"}),
		story("problem", "Problem", &page.Problem{Frame: ada, Status: 409, Title: "This code was already used", Text: "Go back to the application and sign in again.",
			Code: "code_used", Step: "RFC 6749 §4.1.2", Trace: "4bf92f3577b34da6a3ce929d0e0e4736", At: ago(0)}),
		story("problem-404", "Problem, nothing here", &page.Problem{Frame: f, Status: 404, Text: "The address may be wrong, or what was here is gone."}),
	}
}
