// @ts-check
// What follows a sign-in without anybody being asked: the server learns what
// this browser can do, and a browser that can makes a passkey for this device.
// Nothing here may fail a sign-in, or hold it up for long.

import { post } from "./call.js";

/** @typedef {import("./call.js").Begun} Begun */
/** @typedef {import("./call.js").Finished} Finished */

/** @returns {Promise<Record<string, boolean>>} */
export async function capabilities() {
  const all = /** @type {any} */ (window.PublicKeyCredential);
  if (!all) return {};
  /** @type {Record<string, boolean>} */
  let can = {};
  try { can = { ...(await all.getClientCapabilities?.()) }; } catch { /* told by the older methods then */ }
  const older = /** @type {[string, () => Promise<boolean> | undefined][]} */ ([
    ["userVerifyingPlatformAuthenticator", () => all.isUserVerifyingPlatformAuthenticatorAvailable?.()],
    ["conditionalGet", () => all.isConditionalMediationAvailable?.()],
  ]);
  for (const [name, ask] of older) {
    if (name in can) continue;
    try {
      const answer = await ask();
      if (typeof answer === "boolean") can[name] = answer;
    } catch { /* not told */ }
  }
  return can;
}

/** How long a person waits at most for what they did not ask for. */
const COURTESY_MS = 3000;

/**
 * Tells what this browser can do, at most once a day for whoever signs in.
 * @param {Record<string, boolean>} can
 * @param {string} who what tells one person from another; a few letters are kept
 */
export function beacon(can, who) {
  const [today, mine] = [new Date().toISOString().slice(0, 10), who.slice(0, 6)];
  try {
    const [day, told = ""] = (localStorage.getItem("beacon") ?? "").split(" ");
    if (day === today && (told === mine || !told || !mine)) return; // a key may not say whose it is
    localStorage.setItem("beacon", `${today} ${mine}`);
  } catch { return; /* without a memory it would be told at every page */ }
  void fetch("/door/capabilities", {
    method: "POST", keepalive: true, credentials: "same-origin",
    headers: { "Content-Type": "application/json" }, body: JSON.stringify({ capabilities: can }),
  }).catch(() => {});
}

/**
 * What follows a sign-in without anybody being asked. It never fails.
 * @param {Finished} done
 * @param {string} who
 */
export async function signedIn(done, who) {
  const late = /** @type {Promise<void>} */ (new Promise((resolve) => { setTimeout(resolve, COURTESY_MS); }));
  const courtesies = async () => {
    const can = await capabilities();
    beacon(can, who);
    if (done.upgrade && can.conditionalCreate) await upgrade();
  };
  await Promise.race([courtesies().catch(() => {}), late]);
}

/** Has the browser make a passkey for this device without asking (WebAuthn L3, mediation "conditional"). */
async function upgrade() {
  const signal = AbortSignal.timeout(COURTESY_MS);
  try {
    /** @type {Begun} */
    const begun = await post("/door/enrol/begin", { mode: "conditional" }, signal);
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.publicKey);
    const made = /** @type {PublicKeyCredential | null} */ (await navigator.credentials.create(/** @type {any} */ ({ publicKey, mediation: "conditional", signal })));
    if (made) await post("/door/enrol/finish", { id: begun.id, credential: made.toJSON() }, signal);
  } catch { /* the browser or its password manager would not: nobody asked for it */ }
}
