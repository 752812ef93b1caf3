package holdfast

// ActorKind says by what right somebody acts.
type ActorKind string

const (
	ActorPerson ActorKind = "person" // signed in, by session
	ActorHost   ActorKind = "host"   // an administrator of the host, over the unix socket
	ActorSystem ActorKind = "system" // Holdfast itself: sweeps, key creation, the demo's sample
	ActorToken  ActorKind = "token"  // a program with an API token
	ActorApp    ActorKind = "app"    // an application, authenticated as an OAuth client
	ActorTicket ActorKind = "ticket" // the bearer of an invitation or set-up link
	ActorNobody ActorKind = "nobody" // not signed in
)

// Actor is who did something. The zero Actor is refused by the store.
type Actor struct {
	Kind    ActorKind
	ID      string    // the person's, token's, application's or ticket's id; the host user's name
	Session SessionID // of a person
}
