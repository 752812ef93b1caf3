package page

// PathJoin is where a link leads that the device management opens on a device;
// the secret is in the fragment.
const PathJoin = "/join"

// Join ties the browser to the managed device on which it runs. The script
// sends the fragment to /door/join and shows what became of it: the answer
// {"device", "name"}, or a problem.
type Join struct{ Frame }

func (*Join) name() string  { return "join" }
func (*Join) shell() string { return "door" }
