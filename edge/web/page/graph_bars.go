package page

import (
	"fmt"
	"strconv"
	"strings"

	"holdfast/domain/exposure/answer"
)

// Bars draws how many accounts of a segment are worth what: one bar for each
// level, hatched where that is less than is asked, and a line where what is
// asked begins. id is the picture's, and begins the ids of its elements.
func Bars(id string, h answer.Histogram) Picture {
	const (
		w, height = 248.0, 142.0
		left, top = 8.0, 38.0
		base      = 114.0
		wide      = 46.0
	)
	step := (w - 2*left) / float64(len(h.AAL))
	most := int64(1)
	for _, n := range h.AAL {
		most = max(most, n)
	}
	said := make([]string, 0, len(h.AAL))
	for aal, n := range h.AAL {
		said = append(said, fmt.Sprintf("%s at %s", thousands(int(n)), Level(aal)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="bars" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-labelledby="%s-title %s-text"><title id="%s-title">What accounts %s are worth</title><desc id="%s-text">%s; %s is asked for.</desc>`,
		w, height, w, height, id, id, id, escape(of(h.Segment)), id, escape(list(said)), escape(Asks(h.Required)))
	fmt.Fprintf(&b, `<pattern id="%s-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="ground" width="6" height="6"/><rect class="stroke" width="2.500" height="6"/></pattern>`, id)
	for aal, n := range h.AAL {
		x := left + float64(aal)*step + (step-wide)/2
		tall := float64(n) / float64(most) * (base - top - 16)
		if n > 0 {
			tall = max(tall, 3)
		}
		class, fill := "enough", ""
		if aal < h.Required.AAL {
			class, fill = "short", ` fill="url(#`+id+`-hatch)"`
		}
		if n > 0 {
			fmt.Fprintf(&b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2"%s/>`, class, x, base-tall, wide, tall, fill)
		}
		mark := ""
		if n == 0 {
			mark = ` class="soft"`
		}
		fmt.Fprintf(&b, `<text%s x="%.1f" y="%.1f" text-anchor="middle">%s</text><text class="soft" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`,
			mark, x+wide/2, base-tall-6, thousands(int(n)), x+wide/2, base+17, Level(aal))
	}
	fmt.Fprintf(&b, `<path class="base" d="M%.1f %.1fH%.1f"/>`, left, base+0.5, w-left)
	if r := h.Required.AAL; r > 0 && r < len(h.AAL) {
		x := left + float64(r)*step
		anchor, tx := "start", x+6
		if r == len(h.AAL)-1 {
			anchor, tx = "end", x-6
		}
		fmt.Fprintf(&b, `<path class="asked" d="M%.1f 8V%.1f"/><text class="asked" x="%.1f" y="17" text-anchor="%s">asks AAL%s</text>`, x, base+4, tx, anchor, strconv.Itoa(r))
	}
	b.WriteString("</svg>")
	return Picture(b.String()) //nolint:gosec // numbers, constants and escaped text
}

func of(segment string) string {
	if segment == "" {
		return "that no segment covers"
	}
	return "of " + segment
}
