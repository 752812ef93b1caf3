package answer

import "holdfast/domain/exposure"

// PictureLimit is how many nodes a picture has at most.
const PictureLimit = 60

// Picture is the graph of one account as it is drawn: what leads to its session
// and nothing else, the weakest way marked. Nodes are in order from the goal
// outwards, so that a list of them reads well without a drawing.
type Picture struct {
	Basis
	Subject
	Goal      string        `json:"goal"` // id of the node that everything leads to
	Sentence  string        `json:"sentence"`
	Nodes     []PictureNode `json:"nodes"` // at most PictureLimit
	Edges     []PictureEdge `json:"edges"`
	Weakest   []string      `json:"weakest"`   // ids of the edges of the weakest way, in the order in which they are gone
	Held      []string      `json:"held"`      // ids of the atoms that the weakest way takes
	Left      int           `json:"left_out"`  // nodes that did not fit
	Truncated bool          `json:"truncated"` // there are more ways than were computed
}

// PictureNode is an atom, or something that is made of others.
type PictureNode struct {
	Thing
	Atom    bool   `json:"atom"`  // a thing to obtain; else what a procedure gives
	Depth   int    `json:"depth"` // steps to the goal, which has 0
	Owner   string `json:"owner,omitempty"`
	Weakest bool   `json:"weakest"` // it is on the weakest way
	Learn   string `json:"learn,omitempty"`
}

// PictureEdge is a procedure: K of From give To.
type PictureEdge struct {
	ID      string          `json:"id"`
	To      string          `json:"to"`
	From    []string        `json:"from"`
	K       int             `json:"k"`     // how many of From it takes
	Label   string          `json:"label"` // what is done
	Rule    string          `json:"rule"`
	Status  exposure.Status `json:"status"`
	Weakest bool            `json:"weakest"`
	Says    []string        `json:"conditions"` // "waits 24h, and can be stopped meanwhile", "until 2027-03-31"
}
