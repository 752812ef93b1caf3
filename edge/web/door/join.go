package door

import (
	"net/http"

	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
	"holdfast/flow/join"
)

// Join serves the page that ties a browser to the managed device on which it
// runs. It is served at this origin alone: its cookie is of no other.
type Join struct {
	visits *visit.Visits
	flow   *join.Flow
}

// NewJoin makes the page.
func NewJoin(v *visit.Visits, f *join.Flow) *Join { return &Join{v, f} }

// Routes adds the page to mux.
func (j *Join) Routes(mux *route.Mux) {
	mux.HandleFunc("GET "+page.PathJoin, route.Anyone, func(w http.ResponseWriter, r *http.Request) {
		j.visits.Render(w, r, http.StatusOK, &page.Join{Frame: j.visits.Frame(w, r, visit.Visit{})})
	})
	mux.HandleFunc("POST /door/join", route.Ticket, func(w http.ResponseWriter, r *http.Request) {
		answer, err := j.join(w, r)
		if err != nil {
			j.visits.JSONError(w, r, err)
			return
		}
		visit.WriteJSON(w, answer)
	})
}

// joined is the answer to a link that was opened in time.
type joined struct {
	Device string `json:"device"` // its id
	Name   string `json:"name,omitempty"`
}

func (j *Join) join(w http.ResponseWriter, r *http.Request) (any, error) {
	var in struct {
		Ticket string `json:"ticket"`
	}
	if err := visit.ReadJSON(w, r, &in); err != nil {
		return nil, err
	}
	done, err := j.flow.Join(r.Context(), in.Ticket)
	if err != nil {
		return nil, err
	}
	j.visits.KeepManaged(w, done.Secret)
	return joined{done.Device.ID, done.Device.Name}, nil
}
