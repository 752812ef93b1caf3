// Package devices tests the organisation's devices from outside, on real
// servers: what an MDM reports, what a browser shows, and what comes of it when
// a passkey is made, at a sign-in, and when the device is removed. It refuses to
// look behind the API.
package devices
