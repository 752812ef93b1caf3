// @ts-check
// The editor of the policy: what is typed is checked while somebody types, a
// problem leads to its line, and what runs in the background is looked at
// again. Without script the button "Check" leads to a page that says the same.
//
//   form[data-policy] > textarea, [data-found], [data-flaws], [data-changes], [data-place]; [data-reload=SECONDS]

/** @typedef {{line: number, column: number, rule: string, warning: boolean, text: string, remedy: string}} Flaw */
/** @typedef {{where: string, text: string, was: string, is: string, effect: string}} Change */
/** @typedef {{says: string, asks: string, flaws: Flaw[] | null, changes: Change[] | null}} Found */

/** Long enough that half a word is not judged. */
const PAUSE_MS = 500;

/** @param {string} tag @param {string} text @param {string} [className] */
function element(tag, text, className) {
  const e = document.createElement(tag);
  e.textContent = text;
  if (className) e.className = className;
  return e;
}

/** @param {Flaw} flaw */
function flawLine(flaw) {
  const li = document.createElement("li");
  li.append(element("span", flaw.warning ? "warning" : "error", `badge plainly ${flaw.warning ? "warn" : "alarm"}`), " ");
  if (flaw.line) {
    const link = /** @type {HTMLAnchorElement} */ (element("a", `line ${flaw.line}`));
    link.href = "#text";
    link.dataset.line = String(flaw.line);
    link.dataset.column = String(flaw.column);
    li.append(link, " ");
  }
  if (flaw.rule) li.append(element("code", flaw.rule), " ");
  li.append(element("span", flaw.text));
  if (flaw.remedy) li.append(element("span", flaw.remedy, "soft line"));
  return li;
}

/** @param {Change} change */
function changeLine(change) {
  const li = document.createElement("li");
  li.append(element("span", change.effect, `badge plainly ${change.effect === "lowers" ? "alarm" : change.effect === "raises" ? "good" : "note"}`), " ");
  li.append(element("strong", change.where), " ", element("span", change.text));
  if (change.was || change.is) {
    const line = element("span", "", "line diff");
    line.append(element("del", change.was || "nothing"), " → ", element("ins", change.is || "nothing"));
    li.append(line);
  }
  return li;
}

/**
 * Puts the cursor where a problem is, and the line into view.
 * @param {HTMLTextAreaElement} area @param {number} line @param {number} column
 */
function jump(area, line, column) {
  const lines = area.value.split("\n");
  let at = 0;
  for (let i = 0; i < line - 1 && i < lines.length; i++) at += lines[i].length + 1;
  const end = at + (lines[line - 1] ?? "").length;
  area.focus();
  area.setSelectionRange(Math.min(at + Math.max(0, column - 1), end), end);
  area.scrollTop = (line - 4) * (area.scrollHeight / Math.max(1, lines.length));
}

/** @param {HTMLFormElement} form */
function editor(form) {
  const area = form.querySelector("textarea");
  const [found, flaws, changes, place] = ["found", "flaws", "changes", "place"].map((name) => form.querySelector(`[data-${name}]`));
  if (!area || !found || !flaws || !changes || !place) return;
  let timer = 0;
  let asked = new AbortController();

  function where() {
    if (!area || !place) return;
    const before = area.value.slice(0, area.selectionStart).split("\n");
    place.textContent = `line ${before.length}, column ${before[before.length - 1].length + 1}`;
  }

  async function check() {
    if (!area || !found || !flaws || !changes) return;
    asked.abort();
    const mine = (asked = new AbortController());
    try {
      const answer = await fetch("/console/policy/check", {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams({ text: area.value }),
        signal: mine.signal,
      });
      if (!answer.ok) {
        found.textContent = answer.status === 401 || answer.redirected ? "You are signed out. Keep your text, sign in in another tab, and go on." : "It could not be checked just now. Go on, or press “Check”.";
        return;
      }
      /** @type {Found} */
      const said = await answer.json();
      if (mine.signal.aborted) return;
      found.textContent = said.says;
      flaws.replaceChildren(...(said.flaws ?? []).map(flawLine));
      area.setAttribute("aria-invalid", String((said.flaws ?? []).some((f) => !f.warning)));
      const list = element("ul", "", "plain flaws");
      list.append(...(said.changes ?? []).map(changeLine));
      changes.replaceChildren();
      if (said.changes?.length) changes.append(element("h3", "Against what is in force"), list);
      if (said.asks) changes.append(element("p", said.asks, "soft"));
    } catch {
      if (!mine.signal.aborted) found.textContent = "The server cannot be reached. What you typed stays here.";
    }
  }

  area.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, PAUSE_MS); where(); });
  for (const event of ["keyup", "click", "focus"]) area.addEventListener(event, where);
  form.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("[data-line]") : null;
    if (!(link instanceof HTMLElement)) return;
    event.preventDefault();
    jump(area, Number(link.dataset.line), Number(link.dataset.column) || 1);
    where();
  });
  // What was typed and not proposed is lost with the page.
  const first = area.value;
  let leaving = false;
  form.addEventListener("submit", () => { leaving = true; });
  window.addEventListener("beforeunload", (event) => { if (!leaving && area.value !== first) event.preventDefault(); });
}

if (!document.body.hasAttribute("data-story")) {
  const form = document.querySelector("form[data-policy]");
  if (form instanceof HTMLFormElement) editor(form);
  const runs = document.querySelector("[data-reload]");
  if (runs instanceof HTMLElement) {
    setInterval(() => { if (!document.hidden && !document.querySelector("dialog[open]")) location.reload(); }, 1000 * (Number(runs.dataset.reload) || 5));
  }
}
