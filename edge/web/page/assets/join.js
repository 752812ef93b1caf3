// @ts-check
// The page that a link of the device management opens: it posts the link's
// secret, which leaves the address bar first, and says what became of it.

import { Refused, post } from "./call.js";
import { dropTicket, takeTicket } from "./ticket.js";

/** @param {"done" | "refused"} state @param {string} [selector] @param {string} [text] */
function show(state, selector, text) {
  for (const part of document.querySelectorAll("[data-join]")) {
    if (part instanceof HTMLElement) part.hidden = part.dataset.join !== state;
  }
  const place = selector ? document.querySelector(selector) : null;
  if (place && text) place.textContent = text;
}

async function join() {
  const ticket = takeTicket();
  if (!ticket) return show("refused");
  try {
    const done = await post("/door/join", { ticket });
    dropTicket();
    show("done", "[data-device]", done.name || done.device);
  } catch (err) {
    if (err instanceof Refused) dropTicket();
    show("refused", "[data-reason]", err instanceof Refused && err.message
      ? err.message
      : "The server cannot be reached. Check the connection, then load this page again.");
  }
}

join();
