// @ts-check
// The console's search: "/" leads to it, what begins with what is typed appears
// beneath while somebody types, arrows lead through it, Escape back. Without
// script the form leads to a page with the same results.
//
//   form[data-search] > [data-find] [data-finds] [data-finds-status], [data-results] a

/** @typedef {{Title: string, Rows: {Text: string, URL: string, Note: string}[]}} Group */

/** Longer than between two keys of somebody who types, shorter than a wait. */
const PAUSE_MS = 120;

/** @param {string} tag @param {string} text @param {string} [className] */
function element(tag, text, className) {
  const e = document.createElement(tag);
  e.textContent = text;
  if (className) e.className = className;
  return e;
}

/** @param {HTMLElement} box @param {Group[]} groups */
function show(box, groups) {
  box.replaceChildren();
  for (const group of groups) {
    box.append(element("p", group.Title, "soft"));
    for (const row of group.Rows) {
      const link = /** @type {HTMLAnchorElement} */ (element("a", row.Text));
      const to = new URL(row.URL, location.origin);
      if (to.origin !== location.origin) continue;
      link.href = to.href;
      if (row.Note) link.append(element("span", row.Note, "soft line"));
      box.append(link);
    }
  }
  box.hidden = groups.length === 0;
}

/** What there is of the search on this page, if anything. */
export function find() {
  const form = document.querySelector("form[data-search]");
  const input = form?.querySelector("[data-find]");
  const box = form?.querySelector("[data-finds]");
  const status = form?.querySelector("[data-finds-status]");
  if (!(form instanceof HTMLFormElement) || !(input instanceof HTMLInputElement) || !(box instanceof HTMLElement) || !status) return;
  let timer = 0;
  let asked = new AbortController();

  async function look() {
    const text = input instanceof HTMLInputElement ? input.value.trim() : "";
    asked.abort();
    const mine = (asked = new AbortController());
    if (!(box instanceof HTMLElement) || !status) return;
    if (text.length < 2) {
      show(box, []);
      status.textContent = "";
      return;
    }
    try {
      const answer = await fetch(`/console/search?${new URLSearchParams({ q: text, format: "json" })}`, { signal: mine.signal });
      if (!answer.ok) return;
      /** @type {Group[]} */
      const groups = (await answer.json()) ?? [];
      if (mine.signal.aborted || !form?.contains(document.activeElement)) return;
      show(box, groups);
      const n = box.querySelectorAll("a").length;
      status.textContent = n === 0 ? "Nothing found." : `${n} found. Use the down arrow.`;
    } catch { /* typed on, or gone: Enter still leads to the page */ }
  }

  function close() {
    if (box instanceof HTMLElement) box.hidden = true;
    if (status) status.textContent = "";
  }

  /** The results that arrows lead through: beneath the field, or those of the page. */
  function links() {
    const from = box instanceof HTMLElement && !box.hidden ? box : document.querySelector("[data-results]");
    return /** @type {HTMLAnchorElement[]} */ ([...(from?.querySelectorAll("a") ?? [])]);
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const at = event.target;
    if (!(at instanceof HTMLElement) || !(input instanceof HTMLInputElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = at.closest("input, textarea, select, [contenteditable], dialog");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      input.focus();
      input.select();
      return;
    }
    const all = links();
    const i = all.indexOf(/** @type {HTMLAnchorElement} */ (at));
    if (i < 0 && at !== input) return;
    if (event.key === "ArrowDown" && i + 1 < all.length) all[i + 1].focus();
    else if (event.key === "ArrowUp" && i > 0) all[i - 1].focus();
    else if (event.key === "ArrowUp" && i === 0) input.focus();
    else if (event.key === "Escape" && (i >= 0 || box instanceof HTMLElement && !box.hidden)) { close(); input.focus(); }
    else return;
    event.preventDefault();
  }

  document.addEventListener("keydown", pressed);
  if ("story" in document.body.dataset) return;
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, PAUSE_MS); });
  form.addEventListener("focusout", (event) => { if (!(event.relatedTarget instanceof Node && form.contains(event.relatedTarget))) close(); });
}
