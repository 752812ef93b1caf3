package browser

import "testing"

// The MDM opens the link, and nobody has to do anything.
func TestADeviceIsConnected(t *testing.T) {
	t.Parallel()
	d := StartDemo(t)
	type link struct{ URL string }
	Ask[struct{}](t, d, "device", "report", "SN-1", "--managed", "--compliant", "--os", "linux", "--name", "Front desk")
	url := Ask[link](t, d, "device", "link", "SN-1").URL
	b := Start(t)
	tab := b.Tab(t, "front desk")
	tab.Open(url)
	tab.See(`[data-join="done"]`)
	tab.Says(`[data-join="done"]`, "This device is connected", "Front desk")
	if at := tab.Location(); at != d.Origin+"/join" {
		t.Errorf("the secret stays in the address: %s", at)
	}
	if got := Ask[struct{ Linked string }](t, d, "device", "show", "SN-1").Linked; got == "" {
		t.Error("the server knows nothing of it")
	}
	for _, v := range tab.Axe() {
		t.Errorf("%+v", v)
	}

	other := b.Tab(t, "somebody else")
	other.Open(url)
	other.See(`[data-join="refused"]`)
	other.Says(`[data-join="refused"]`, "was used, or a newer one took its place")
	other.Open("about:blank")
	other.Open(d.Origin + "/join")
	other.See(`[data-join="refused"]`)
	other.Says(`[data-join="refused"]`, "not complete")
}
