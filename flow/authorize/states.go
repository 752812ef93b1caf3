package authorize

// State is where an application's request, and then its grant, stands.
type State string

const (
	Asked      State = "asked"       // the application sent a browser
	AtTheDoor  State = "at the door" // the person signs in, or confirms it
	Considered State = "considered"  // the person is asked to agree
	Refused    State = "refused"     // the application was told why
	Coded      State = "coded"       // there is a grant and its code
	Granted    State = "granted"     // the application has tokens
	Over       State = "over"        // nothing of the grant is good any more
)

// Edge is a step from one State to another.
type Edge struct {
	From State
	By   string // what happens, in words
	To   State
}

// Edges are all steps that there are. docs/flows/authorize.md is drawn from
// them, and a test walks each.
func Edges() []Edge {
	return []Edge{
		{Asked, "nobody is signed in", AtTheDoor},
		{Asked, "the sign-in is too old or too weak", AtTheDoor},
		{AtTheDoor, "the person comes back", Asked},
		{Asked, "consent is needed", Considered},
		{Considered, "yes", Coded},
		{Considered, "no", Refused},
		{Asked, "what is demanded cannot be met", Refused},
		{Asked, "all is well", Coded},
		{Coded, "the code is redeemed", Granted},
		{Coded, "the code comes with something wrong", Over},
		{Granted, "the refresh token is used", Granted},
		{Granted, "an access token is given back", Granted},
		{Granted, "the code comes again", Over},
		{Granted, "a replaced refresh token comes again", Over},
		{Granted, "the application's demands are not met any more", Over},
		{Granted, "the refresh token is given back", Over},
		{Granted, "session, person or application ends", Over},
		{Granted, "the family grows too old", Over},
	}
}
