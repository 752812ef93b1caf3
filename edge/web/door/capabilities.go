package door

import (
	"net/http"

	"holdfast/domain/device"
	"holdfast/edge/web/visit"
)

// capabilities notes what the signed-in person's browser says it can do. It is
// a courtesy: a browser without a device cookie is not noted.
func (d *Door) capabilities(w http.ResponseWriter, r *http.Request) (any, error) {
	var in struct {
		Capabilities map[string]bool `json:"capabilities"`
	}
	if err := visit.ReadJSON(w, r, &in); err != nil {
		return nil, err
	}
	v, err := d.visits.Of(r)
	if err != nil {
		return nil, err
	}
	if hash := d.visits.Device(r); hash != "" {
		err = d.store.SeeDevice(r.Context(), hash, v.Person.ID, r.UserAgent(), device.Heard(in.Capabilities), d.visits.Clock())
	}
	return struct{}{}, err
}
