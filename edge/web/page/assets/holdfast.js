// @ts-check
// Holdfast's script: passkey ceremonies through the browser's own
// JSON methods, and what a page cannot do without script (copy, dialogs, the
// colour switch). It holds no secret longer than one ceremony, but for a link's,
// which ticket.js keeps, and shows no exception's name to anybody.
//
// Pages speak to it by data attributes:
//   form[data-ceremony=signin|stepup|enrol] [data-return] [data-ticket=invitation|setup|session]
//   [data-signals] [data-beacon] [data-copy] [data-dialog] [data-close] [data-navigate] [data-theme-switch] [data-dismiss] [data-find]

import { Refused, Unreachable, post } from "./call.js";
import { beacon, capabilities, signedIn } from "./device.js";
import { find } from "./find.js";
import { dropTicket, takeTicket } from "./ticket.js";

/** @typedef {import("./call.js").Begun} Begun */
/** @typedef {import("./call.js").Finished} Finished */
/**
 * The signal methods of WebAuthn L3, where the browser has them.
 * @typedef {{
 *   signalAllAcceptedCredentials?: (o: {rpId: string, userId: string, allAcceptedCredentialIds: string[]}) => Promise<void>,
 *   signalCurrentUserDetails?: (o: {rpId: string, userId: string, name: string, displayName: string}) => Promise<void>,
 *   signalUnknownCredential?: (o: {rpId: string, credentialId: string}) => Promise<void>,
 * }} Signalling
 */

/** The server lets a ceremony live for 5 minutes; ours are begun again before. */
const RENEW_MS = 4 * 60 * 1000;

// ---- What people read ----

/** The door says "reload the page" to these; here the button begins anew, and a reload would lose the link. */
const byCode = /** @type {Record<string, string>} */ ({
  ceremony_unknown: "This attempt was not begun here. Nothing was changed. Try again.",
  ceremony_expired: "That took more than five minutes. Nothing was changed. Try again.",
  ceremony_spent: "This attempt was finished already. Try again.",
});

/**
 * What to say about a failure: plain words, never the name of an exception.
 * @param {unknown} err
 * @param {"get" | "create"} kind
 * @returns {{text: string, code?: string}}
 */
function explain(err, kind) {
  if (err instanceof Refused) {
    const code = err.problem.code ?? "";
    const said = byCode[code] ?? err.message;
    const more = [[code, err.problem.step].filter(Boolean).join(", step "), err.problem.reason].filter(Boolean).join(": ");
    if (said) return { text: said, code: more };
    if (err.status === 429) return { text: "Too many attempts. Wait a minute, then try again.", code: more };
    return { text: "Something went wrong on our side. Nothing was changed. Try again.", code: more };
  }
  if (err instanceof Unreachable) return { text: "The server cannot be reached. Nothing was changed. Check your connection, then try again." };
  switch (err instanceof DOMException ? err.name : "") {
    case "NotAllowedError":
    case "AbortError":
      return { text: "The prompt was closed or timed out. Nothing was changed. Try again, or use another way." };
    case "InvalidStateError":
      return kind === "create"
        ? { text: "This device already holds a passkey for you. Use it, or choose another device." }
        : { text: "This passkey cannot be used here. Choose another one." };
    case "SecurityError":
      return { text: `Passkeys do not work at this address (${location.origin}). Open the address your administrator gave you.` };
    case "NotSupportedError":
      return { text: "This device cannot make a passkey of the kind that is needed. Use another device, or a security key." };
    case "ConstraintError":
      return { text: "This security key or device has no PIN, fingerprint or face set up. Set one up in its settings, then try again." };
    case "NotReadableError":
      return { text: "The device could not be read. Take it out, put it in again, then try again." };
  }
  return { text: "The browser could not do this. Nothing was changed. Try again, or use another browser or device." };
}

/** Why passkeys cannot work in this browser, or "". */
function unsupported() {
  if (!window.isSecureContext) return "Passkeys need a secure address. Open this page with https://.";
  if (!window.PublicKeyCredential || !navigator.credentials) return "This browser cannot use passkeys. Open this page in a current version of Chrome, Edge, Firefox or Safari.";
  if (!PublicKeyCredential.parseCreationOptionsFromJSON || !PublicKeyCredential.parseRequestOptionsFromJSON) return "This browser is too old for passkeys here. Update it, then load this page again.";
  return "";
}

/**
 * The parts of a ceremony's form that speak.
 * @param {HTMLFormElement} form
 */
function speaker(form) {
  /** @param {string} name @returns {HTMLElement | null} */
  const part = (name) => form.querySelector(`[data-${name}]`);
  const go = /** @type {HTMLButtonElement} */ (part("go"));
  return {
    go,
    /** @param {string} text */
    doing(text) {
      const p = part("doing");
      if (p) p.textContent = text;
      const alert = part("problem");
      if (alert) alert.hidden = true;
    },
    /** @param {boolean} busy */
    busy(busy) {
      go.disabled = busy;
      go.setAttribute("aria-busy", String(busy));
    },
    /** @param {{text: string, code?: string}} why */
    problem(why) {
      const p = part("doing");
      if (p) p.textContent = "";
      const [alert, text, more, code] = [part("problem"), part("problem-text"), part("problem-more"), part("problem-code")];
      if (!alert || !text || !more || !code) return;
      alert.hidden = false;
      text.textContent = why.text;
      more.hidden = !why.code;
      code.textContent = why.code ?? "";
    },
    /** @param {string} why */
    unsupported(why) {
      go.disabled = true;
      const [box, text] = [part("unsupported"), part("unsupported-text")];
      if (!box || !text) return;
      box.hidden = false;
      text.textContent = why;
    },
  };
}

/**
 * Goes to a path of our own origin and nowhere else.
 * @param {unknown} path
 */
function leave(path) {
  const to = new URL(typeof path === "string" ? path : "/", location.origin);
  location.assign(to.origin === location.origin ? to.href : "/");
}

/**
 * Goes to sign in, or to confirm, and back.
 * @param {boolean} confirm
 * @param {string} [back]
 */
function toDoor(confirm, back = location.pathname + location.search) {
  const query = new URLSearchParams({ return: back });
  if (confirm) query.set("confirm", "1");
  leave(`/signin?${query}`);
}

// ---- Sign-in and step-up ----

/** @param {HTMLFormElement} form */
function signIn(form) {
  const say = speaker(form);
  const field = /** @type {HTMLInputElement | null} */ (form.querySelector("input[name=name]"));
  const confirm = form.dataset.ceremony === "stepup";
  const always = { ...(form.dataset.return ? { return: form.dataset.return } : {}), ...(confirm ? { confirm } : {}) };
  /** The request that waits in the autofill list; aborted by the button and by renewal. */
  let waiting = new AbortController();
  let stopped = false;

  /** @param {Begun} begun @param {PublicKeyCredential} credential */
  async function finish(begun, credential) {
    say.doing("Checking your passkey…");
    try {
      const answer = credential.toJSON();
      /** @type {Finished} */
      const done = await post("/door/signin/finish", { id: begun.id, credential: answer });
      say.doing("You are signed in. Going on…");
      await signedIn(done, answer.response?.userHandle ?? "");
      leave(done.redirect);
    } catch (err) {
      if (err instanceof Refused && err.problem.code === "unknown_credential") {
        await quietly(signalling()?.signalUnknownCredential?.({ rpId: begun.publicKey.rpId ?? location.hostname, credentialId: credential.id }));
      }
      throw err;
    }
  }

  // An authenticator that answers by itself would ask for ever.
  const MAX_REFUSED = 3;

  // The autofill list: one silent request that waits for a choice and is begun
  // again before its challenge expires.
  async function offer() {
    if (!field || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    for (let refused = 0; !stopped && refused < MAX_REFUSED; ) {
      const mine = (waiting = new AbortController());
      let renewing = false;
      let chosen = false;
      const timer = setTimeout(() => { renewing = true; mine.abort(); }, RENEW_MS);
      try {
        /** @type {Begun} */
        const begun = await post("/door/signin/begin", always, mine.signal);
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.publicKey);
        const credential = await navigator.credentials.get({ publicKey, mediation: "conditional", signal: mine.signal });
        clearTimeout(timer);
        if (!credential) return;
        chosen = true;
        say.busy(true);
        await finish(begun, /** @type {PublicKeyCredential} */ (credential));
        return;
      } catch (err) {
        clearTimeout(timer);
        if (renewing) continue;
        if (stopped || mine.signal.aborted) return;
        say.busy(false);
        // A refusal of the passkey is news, and the list may be offered again.
        // A browser that cannot offer is not: the button remains.
        if (!chosen) return;
        say.problem(explain(err, "get"));
        if (!(err instanceof Refused) || err.status === 429) return;
        refused++;
      }
    }
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    stopped = true;
    waiting.abort();
    say.busy(true);
    say.doing("Your browser asks for your passkey now.");
    try {
      const name = field?.value.trim();
      /** @type {Begun} */
      const begun = await post("/door/signin/begin", { ...(name ? { name } : {}), ...(form.dataset.ceremony === "stepup" ? { confirm: true } : {}), ...always });
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.publicKey);
      const credential = await navigator.credentials.get({ publicKey });
      if (!credential) throw new DOMException("", "NotAllowedError");
      await finish(begun, /** @type {PublicKeyCredential} */ (credential));
    } catch (err) {
      if (confirm && err instanceof Refused && err.problem.code === "sign_in_first") return toDoor(false, form.dataset.return);
      say.problem(explain(err, "get"));
      say.busy(false);
      stopped = false;
      void offer();
    }
  });
  void offer();
}

// ---- Enrolment: by invitation, set-up link, or session ----

/**
 * Shows one of a link's states: ready, expired, used or missing.
 * @param {string} state
 */
function showState(state) {
  for (const part of document.querySelectorAll("[data-state]")) {
    if (part instanceof HTMLElement) part.hidden = part.dataset.state !== state;
  }
}

/**
 * The state of a link that begin refused, or "" if it can be tried again.
 * @param {unknown} err
 */
function deadLink(err) {
  if (!(err instanceof Refused)) return "";
  switch (err.problem.code) {
    case "ticket_expired":
    case "ticket_revoked":
      return "expired";
    case "ticket_used":
    case "already_founded":
      return "used";
    case "ticket_unknown":
      return "missing";
  }
  return "";
}

/** @param {Begun} begun */
function greet(begun) {
  const person = begun.invitation?.person || begun.publicKey?.user?.displayName;
  const organisation = begun.invitation?.organisation || begun.publicKey?.rp?.name;
  const [greeting, inviter] = [document.querySelector("[data-greeting]"), document.querySelector("[data-inviter]")];
  if (greeting && person) greeting.textContent = `Welcome, ${person}`;
  if (inviter && begun.invitation?.invitedBy && organisation) inviter.textContent = `${begun.invitation.invitedBy} invited you to ${organisation}.`;
}

/**
 * A passkey that the policy refuses was made all the same, and is kept
 * somewhere: whoever keeps it is told, and so is its owner.
 * @param {unknown} err @param {Begun} begun @param {PublicKeyCredential} credential
 * @returns {Promise<never>}
 */
async function refusedNew(err, begun, credential) {
  if (err instanceof Refused && err.problem.code?.startsWith("policy_")) {
    await quietly(signalling()?.signalUnknownCredential?.({ rpId: begun.publicKey.rp?.id ?? location.hostname, credentialId: credential.id }));
    err.message += " Nothing was saved here. If the passkey that your browser just made is still offered later, delete it where it was kept, and make one of the kind that is asked for.";
  }
  throw err;
}

/** @param {HTMLFormElement} form */
function enrol(form) {
  const say = speaker(form);
  const kind = form.dataset.ticket ?? "session";
  const ticket = kind === "session" ? "" : takeTicket();
  // The same page with another link pasted in: only the fragment changes.
  if (kind !== "session") window.addEventListener("hashchange", () => location.reload());
  if (kind !== "session" && !ticket) {
    const state = /** @type {HTMLElement | null} */ (document.querySelector('[data-state="ready"]'));
    if (!state?.hidden) showState("missing");
    return;
  }
  /** Begun when the page opened, so that the press of the button leads straight to the prompt. */
  /** @type {{begun: Begun, at: number} | null} */
  let early = null;

  /** @returns {Promise<Begun>} */
  function begin() {
    if (kind === "session") return post("/door/enrol/begin", form.dataset.return ? { return: form.dataset.return } : {});
    /** @type {Record<string, string>} */
    const body = { ticket };
    for (const name of kind === "setup" ? ["organisation", "name", "email"] : []) {
      body[name] = String(new FormData(form).get(name) ?? "").trim();
    }
    return post("/door/enrol/begin", body);
  }

  /** @param {unknown} err */
  function fail(err) {
    const dead = kind === "session" ? "" : deadLink(err);
    if (dead) {
      dropTicket();
      return showState(dead);
    }
    if (kind === "session" && err instanceof Refused && err.status === 401) {
      return leave(`/signin?confirm=1&return=${encodeURIComponent(location.pathname)}`);
    }
    say.problem(explain(err, "create"));
    say.busy(false);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say.busy(true);
    say.doing("Your browser asks where to keep your passkey now.");
    try {
      const begun = early && Date.now() - early.at < RENEW_MS ? early.begun : await begin();
      early = null;
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.publicKey);
      const credential = /** @type {PublicKeyCredential | null} */ (await navigator.credentials.create({ publicKey }));
      if (!credential) throw new DOMException("", "NotAllowedError");
      say.doing("Saving your passkey…");
      const done = await post("/door/enrol/finish", { id: begun.id, credential: credential.toJSON() }).catch((err) => refusedNew(err, begun, credential));
      if (kind !== "session") dropTicket();
      say.doing("Your passkey is ready. Going on…");
      await signedIn({ redirect: done.redirect }, begun.publicKey.user?.id ?? "");
      leave(done.redirect);
    } catch (err) {
      fail(err);
    }
  });

  if (kind === "invitation") {
    begin().then((begun) => { early = { begun, at: Date.now() }; greet(begun); }, fail);
  }
}

// ---- Signals to the passkey provider ----

/** @returns {Signalling | undefined} */
function signalling() {
  return /** @type {any} */ (window.PublicKeyCredential);
}

/**
 * Signals are courtesies: a provider that cannot take one is no news.
 * @param {Promise<void> | undefined} signal
 */
async function quietly(signal) {
  try { await signal; } catch { /* nothing changes for the person */ }
}

/** @param {HTMLElement} box */
async function sendSignals(box) {
  const { rpId = "", userId = "", name = "", displayName = "", credentials = "" } = box.dataset;
  const ids = credentials ? credentials.split(",") : [];
  const all = signalling();
  await quietly(all?.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds: ids }));
  await quietly(all?.signalCurrentUserDetails?.({ rpId, userId, name, displayName }));
}

// ---- Small things ----

/** @param {string} text */
function toast(text) {
  const box = document.querySelector("[data-toasts]");
  if (!box) return;
  const p = document.createElement("p");
  p.className = "toast";
  const span = document.createElement("span");
  span.textContent = text;
  p.append(span);
  box.replaceChildren(p);
}

/** @param {HTMLElement} button */
async function copy(button) {
  const from = document.getElementById(button.dataset.copy ?? "");
  if (!from) return;
  try {
    await navigator.clipboard.writeText(from.textContent ?? "");
    toast("Copied.");
  } catch {
    getSelection()?.selectAllChildren(from);
    toast("The browser did not allow copying. The text is selected: press Ctrl+C.");
  }
}

const themes = ["system", "light", "dark"];

/** @param {string} theme */
function wear(theme) {
  if (theme !== "system") document.documentElement.dataset.theme = theme;
  for (const name of document.querySelectorAll("[data-theme-name]")) name.textContent = `Colours: ${theme}`;
}

function storedTheme() {
  try { return localStorage.getItem("theme") ?? ""; } catch { return ""; }
}

function nextTheme() {
  const now = document.documentElement.dataset.theme ?? "system";
  const next = themes[(themes.indexOf(now) + 1) % themes.length];
  if (next === "system") delete document.documentElement.dataset.theme;
  try { localStorage.setItem("theme", next); } catch { /* kept for this page only */ }
  wear(next);
}

/** @param {MouseEvent} event */
function clicked(event) {
  const on = event.target instanceof Element ? event.target.closest("button") : null;
  if (!on) return;
  if (on.dataset.copy) void copy(on);
  if (on.dataset.dialog) {
    const dialog = document.getElementById(on.dataset.dialog);
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
  }
  if ("close" in on.dataset) on.closest("dialog")?.close();
  if ("dismiss" in on.dataset) on.closest(".toast")?.remove();
  if ("themeSwitch" in on.dataset) nextTheme();
}

/** The console's menu is one line where it is narrow, and always open elsewhere. */
function menu() {
  const rail = document.querySelector("details[data-rail]");
  if (!(rail instanceof HTMLDetailsElement)) return;
  const narrow = window.matchMedia("(max-width: 52rem)");
  const fit = () => { rail.open = !narrow.matches; };
  narrow.addEventListener("change", fit);
  fit();
}

/**
 * pictures lets Escape put away what a box of a picture says, which covers
 * others, until the next one is looked at (WCAG 2.2, 1.4.13). The rest needs no
 * script.
 */
function pictures() {
  for (const picture of document.querySelectorAll(".canvas")) { // not the SVG: a listener would make that a stop of Tab
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") picture.setAttribute("data-quiet", ""); });
    for (const look of ["pointerover", "focusin"]) picture.addEventListener(look, () => picture.removeAttribute("data-quiet"));
  }
}

function start() {
  menu();
  const theme = storedTheme();
  wear(themes.includes(theme) && theme !== "system" ? theme : document.documentElement.dataset.theme ?? "system");
  for (const button of document.querySelectorAll("[data-theme-switch]")) if (button instanceof HTMLElement) button.hidden = false;
  document.addEventListener("click", clicked);
  find();
  pictures();
  // A page from the back-forward cache holds a spent ceremony.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  const why = unsupported();
  for (const form of document.querySelectorAll("form[data-ceremony]")) {
    if (!(form instanceof HTMLFormElement)) continue;
    if ("story" in document.body.dataset) {
      form.addEventListener("submit", (event) => { event.preventDefault(); speaker(form).doing("In the storybook nothing happens."); });
    } else if (why) {
      if (form.dataset.ceremony === "enrol" && form.dataset.ticket !== "session") takeTicket();
      speaker(form).unsupported(why);
    } else if (form.dataset.ceremony === "enrol") enrol(form);
    else signIn(form);
  }
  for (const box of document.querySelectorAll("[data-signals]")) if (box instanceof HTMLElement && !("story" in document.body.dataset)) void sendSignals(box);

  const told = document.querySelector("[data-beacon]");
  if (told instanceof HTMLElement && !("story" in document.body.dataset)) void capabilities().then((can) => beacon(can, told.dataset.beacon ?? ""));

  const on = document.querySelector("a[data-navigate]");
  if (on instanceof HTMLAnchorElement) location.replace(on.href);
}

start();
