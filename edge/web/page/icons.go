package page

import (
	"fmt"
	"html/template"
)

// icon is a line drawing on a 24-unit grid, without meaning to a screen reader:
// a word always stands beside it.
func icon(name string) (template.HTML, error) {
	d := strokes(name)
	if d == "" {
		return "", fmt.Errorf("page: no icon %q", name)
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">` + d + `</svg>`), nil //nolint:gosec // constants
}

func strokes(name string) string {
	switch name {
	case "key":
		return `<circle cx="8" cy="15" r="4"/><path d="m11 12 8-8m-3 3 3 3m-6 0 2 2"/>`
	case "usb":
		return `<rect x="4" y="8" width="12" height="8" rx="2"/><path d="M16 10h4v4h-4"/><circle cx="9" cy="12" r="1.5"/>`
	case "device":
		return `<rect x="3" y="5" width="18" height="11" rx="2"/><path d="M8 20h8m-4-4v4"/>`
	case "people":
		return `<circle cx="9" cy="8" r="3.5"/><path d="M3 20c0-3.5 2.5-6 6-6s6 2.5 6 6M16 5a3.5 3.5 0 0 1 0 6.5M18 14.5c2 .8 3 2.8 3 5.5"/>`
	case "group":
		return `<circle cx="12" cy="7" r="3"/><circle cx="6" cy="17" r="3"/><circle cx="18" cy="17" r="3"/><path d="m10.5 9.6-3 4.8m6-4.8 3 4.8M9 17h6"/>`
	case "mail":
		return `<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m4 7 8 6 8-6"/>`
	case "app":
		return `<rect x="4" y="4" width="7" height="7" rx="1.5"/><rect x="13" y="4" width="7" height="7" rx="1.5"/><rect x="4" y="13" width="7" height="7" rx="1.5"/><path d="M16.5 13.5v6m-3-3h6"/>`
	case "clock":
		return `<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>`
	case "log":
		return `<path d="M6 3h9l4 4v14H6z"/><path d="M15 3v4h4M9 12h7m-7 4h7"/>`
	case "gear":
		return `<path d="M4 7h10m4 0h2M4 17h2m4 0h10"/><circle cx="16" cy="7" r="2"/><circle cx="8" cy="17" r="2"/>`
	case "home":
		return `<path d="m4 11 8-7 8 7v9h-5v-6H9v6H4z"/>`
	case "check":
		return `<path d="m5 12.5 4.5 4.5L19 7.5"/>`
	case "cross":
		return `<path d="m6 6 12 12M18 6 6 18"/>`
	case "warn":
		return `<path d="M12 4 2.8 20h18.4zM12 10v5m0 2.5v.5"/>`
	case "question":
		return `<path d="M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.200-1.5 2.4m0 3.5v.5"/>`
	case "tilde":
		return `<path d="M4 14c2-4 5-4 8-2s6 2 8-2"/>`
	case "dot":
		return `<circle cx="12" cy="12" r="3.5"/>`
	case "plus":
		return `<path d="M12 5v14M5 12h14"/>`
	case "copy":
		return `<rect x="8" y="8" width="12" height="12" rx="2"/><path d="M16 8V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h2"/>`
	case "search":
		return `<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5 5"/>`
	case "out":
		return `<path d="M10 4H5v16h5M15 8l4 4-4 4m4-4H9"/>`
	case "in":
		return `<path d="M14 4h5v16h-5M9 8l4 4-4 4m4-4H4"/>`
	case "theme":
		return `<circle cx="12" cy="12" r="8"/><path d="M12 4v16a8 8 0 0 0 0-16z" fill="currentColor"/>`
	case "user":
		return `<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.6-4 3.6-6.5 7.5-6.5s6.9 2.5 7.5 6.5"/>`
	case "token":
		return `<rect x="3" y="7" width="18" height="10" rx="2"/><path d="M7 11v2m4-2v2m4-2v2"/>`
	case "down":
		return `<path d="M12 4v11m-4.5-4.5 4.5 4.5 4.5-4.5M5 20h14"/>`
	case "scroll":
		return `<path d="M7 4h10a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z"/><path d="M8.5 9h7m-7 3.500h7M8.500 16h4"/>`
	case "menu":
		return `<path d="M4 7h16M4 12h16M4 17h16"/>`
	case "laptop":
		return `<rect x="5" y="5" width="14" height="10" rx="1.5"/><path d="M2.500 19h19"/>`
	case "up":
		return `<path d="M12 20V6m-5.500 5.500L12 6l5.500 5.500"/>`
	case "fall":
		return `<path d="M12 4v14m-5.500-5.500L12 18l5.500-5.500"/>`
	case "branch":
		return `<circle cx="6" cy="6" r="2.500"/><circle cx="6" cy="18" r="2.500"/><circle cx="18" cy="12" r="2.500"/><path d="M8.500 6.500c4 .5 3 5.500 7 5.500m-7 5.500c4-.5 3-5.500 7-5.500"/>`
	case "phone":
		return `<rect x="7" y="3" width="10" height="18" rx="2"/><path d="M11 18h2"/>`
	case "call":
		return `<path d="M4 5h16v11h-9l-4 4v-4H4z"/><path d="M8 9.500h8m-8 3h5"/>`
	case "lips":
		return `<rect x="3" y="8" width="18" height="8" rx="2"/><path d="M7 12h.01M11 12h.01M15 12h3"/>`
	case "finger":
		return `<path d="M6 12a6 6 0 0 1 12 0v3M9 12a3 3 0 0 1 6 0v6m-3-6v8m-3-5v3"/>`
	case "badge":
		return `<rect x="4" y="4" width="16" height="16" rx="2"/><circle cx="12" cy="10" r="2.500"/><path d="M8 17c.5-2 2-3 4-3s3.500 1 4 3"/>`
	case "shore":
		return `<circle cx="12" cy="12" r="3"/><circle cx="12" cy="12" r="8.5" stroke-dasharray="3 3"/>`
	case "left":
		return `<path d="m14 6-6 6 6 6"/>`
	case "right":
		return `<path d="m10 6 6 6-6 6"/>`
	}
	return ""
}
