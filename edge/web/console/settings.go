package console

import (
	"net/http"

	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

func (c *Console) settings(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	f := c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, &page.Settings{Frame: f, Name: f.Organisation, Technical: c.Facts})
	return nil
}

var settingsFields = fieldOf{"organisation_name": "organisation"}

func (c *Console) saveSettings(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	name := r.PostFormValue("organisation")
	err := c.Govern.RenameOrganisation(r.Context(), v.Actor(), name)
	if shown, status, ok := settingsFields.onForm(err); ok {
		c.Visits.Render(w, r, status, &page.Settings{Frame: c.frame(w, r, v), Name: name, Errors: shown, Technical: c.Facts})
		return nil
	}
	if err != nil {
		return err
	}
	return c.done(w, r, "The organisation has its new name.", page.PathSettings)
}
