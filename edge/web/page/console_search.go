package page

// Found is one result of the search.
type Found struct {
	Text, URL string
	Note      string // beneath: an address, an id
}

// FoundGroup is the results of one kind.
type FoundGroup struct {
	Title string // "People"
	Rows  []Found
	More  Link // where the whole list is, if there is more
}

// Search is what was found by the console's search.
type Search struct {
	Frame
	Query  string
	Groups []FoundGroup
	Short  bool // too short to look for
}

// Total is the number of results shown.
func (s *Search) Total() int {
	n := 0
	for _, g := range s.Groups {
		n += len(g.Rows)
	}
	return n
}

func (*Search) name() string  { return "search" }
func (*Search) shell() string { return "console" }
