// The application's other half: it listens for logout tokens as OpenID Connect
// Back-Channel Logout 1.0 §2.6 tells it to, with jose and the issuer's key set,
// or holds every request as one that is ill does.
import { createServer } from "node:http";
import * as jose from "jose";

const event = "http://schemas.openid.net/event/backchannel-logout";
const heardTokens = []; // claims, or what was wrong with a token
const held = []; // answers that were not given
const seen = new Set(); // jti
let came = () => {}; // wakes who waits
let more = new Promise((resolve) => (came = resolve));

function news() {
  came();
  more = new Promise((resolve) => (came = resolve));
}

async function until(condition) {
  for (;;) {
    const found = condition();
    if (found !== undefined) return found;
    await more;
  }
}

// listen opens the address. With q.hang nothing is ever answered there, and with
// q.hangs not the first so many requests.
export async function listen(q, { fetchAnew }) {
  let keys;
  const server = createServer(async (request, response) => {
    const body = [];
    for await (const part of request) body.push(part);
    if (q.hang || held.length < (q.hangs ?? 0)) {
      const one = { id: held.length, open: true };
      response.on("close", () => { one.open = false; news(); });
      held.push(one);
      news();
      return;
    }
    try {
      keys ??= jose.createRemoteJWKSet(new URL(q.jwks), { [jose.customFetch]: fetchAnew });
      heardTokens.push(await verified(request, Buffer.concat(body).toString(), keys, q));
      response.writeHead(200, { "cache-control": "no-store" }).end();
    } catch (e) {
      heardTokens.push({ wrong: String(e.message ?? e) });
      response.writeHead(400, { "cache-control": "no-store" }).end();
    }
    news();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return { url: `http://127.0.0.1:${server.address().port}/out` };
}

// expect says what the tokens have to be for: known only after registration.
let audience;
export async function expect(q) {
  audience = q.client_id;
  return {};
}

async function verified(request, body, keys, q) {
  const must = (ok, what) => { if (!ok) throw new Error(what); };
  must(request.method === "POST" && request.headers["content-type"] === "application/x-www-form-urlencoded", "§2.5: a POST of a form");
  must(!request.headers.cookie && !request.headers.authorization, "it came with credentials");
  const form = new URLSearchParams(body);
  must([...form.keys()].join() === "logout_token", "§2.5: logout_token and nothing else");
  const { payload, protectedHeader } = await jose.jwtVerify(form.get("logout_token"), keys, {
    issuer: q.issuer, audience, typ: "logout+jwt", maxTokenAge: "2 minutes", clockTolerance: "5 seconds",
    requiredClaims: ["iss", "aud", "iat", "exp", "jti", "events", "sub", "sid"],
  });
  must(payload.aud === audience, "§2.4: one audience");
  must(payload.exp - payload.iat <= 120, "§2.4: it lives for more than two minutes");
  must(JSON.stringify(payload.events) === `{"${event}":{}}`, "§2.4: events");
  must(!("nonce" in payload), "§2.4: a nonce");
  must(protectedHeader.alg !== "none" && !seen.has(payload.jti), "§2.6: it came before");
  seen.add(payload.jti);
  return payload;
}

// heard waits for a number of tokens, and gives them all.
export const heard = (q) => until(() => (heardTokens.length >= q.n ? heardTokens : undefined));

// holds waits for a request that is held, and gives the last one that is open.
export const holds = () => until(() => { const one = held.findLast((h) => h.open); return one && { request: one.id }; });

// holding says whether a request is held still.
export const holding = async (q) => ({ still: held[q.request].open });

// dropped waits until a request that is held is given up.
export const dropped = (q) => until(() => (held[q.request].open ? undefined : {}));
