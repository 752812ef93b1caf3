package page

// AllSessions lists everybody's sessions.
type AllSessions struct {
	Frame
	Rows   []Session
	Query  string // a name
	Pager  Pager
	Export Export
}

func (*AllSessions) name() string  { return "allsessions" }
func (*AllSessions) shell() string { return "console" }
