// @ts-check
// The door's JSON API as the pages call it: one function, and its two ways to fail.

/** @typedef {{redirect: string, upgrade?: boolean}} Finished */
/** @typedef {{id: string, publicKey: any, invitation?: {person?: string, invitedBy?: string, organisation?: string}}} Begun */
/** @typedef {{code?: string, detail?: string, title?: string, step?: string, reason?: string, status?: number}} ProblemJSON */

/** A refusal by the server, as RFC 9457 says it. */
export class Refused extends Error {
  /** @param {ProblemJSON} problem @param {number} status */
  constructor(problem, status) {
    super(problem.detail || problem.title || "");
    this.problem = problem;
    this.status = status;
  }
}

/** The server could not be reached. */
export class Unreachable extends Error {}

/**
 * @param {string} path
 * @param {object} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function post(path, body, signal) {
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json, application/problem+json" },
      body: JSON.stringify(body),
      credentials: "same-origin",
      signal,
    });
  } catch (err) {
    if (signal?.aborted) throw err;
    throw new Unreachable();
  }
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(json, answer.status);
  return json;
}
