// @ts-check
// The secret of an invitation or set-up link, between the address bar and the
// door: in this tab alone, and not for longer than it takes.

/** How long a reloaded tab still knows its link. */
const TICKET_MS = 60 * 60 * 1000;

const ticketKey = () => `ticket ${location.pathname}`;

/**
 * The ticket leaves the address bar, the history and the Referer before
 * anything else happens. This tab alone keeps it, so that it can be reloaded.
 */
export function takeTicket() {
  const ticket = fragment();
  if (ticket) {
    history.replaceState(null, "", location.pathname + location.search);
    try { sessionStorage.setItem(ticketKey(), JSON.stringify({ ticket, at: Date.now() })); } catch { /* not over a reload then */ }
    return ticket;
  }
  try {
    const kept = JSON.parse(sessionStorage.getItem(ticketKey()) ?? "null");
    const age = Date.now() - kept?.at;
    if (typeof kept?.ticket === "string" && age >= 0 && age < TICKET_MS) return kept.ticket;
  } catch { /* nothing was kept */ }
  dropTicket();
  return "";
}

/** What stands behind # in the address, or "" where it is no text. */
function fragment() {
  try { return decodeURIComponent(location.hash.replace(/^#/, "")); } catch { return location.hash.slice(1); }
}

/** It was used, or is over. */
export function dropTicket() {
  try { sessionStorage.removeItem(ticketKey()); } catch { /* nothing was kept */ }
}
