// An application as openid-client makes one. It takes one question a line on
// standard input and answers each with one line: {"id", "ok"} or {"id",
// "error", "code", "status"}. It decides nothing: what to ask, and what has to
// come of it, is the Go test's.
import * as client from "openid-client";
import { createInterface } from "node:readline";
import * as further from "./further.mjs";
import * as receiver from "./receiver.mjs";

let config; // what discovery gave
let dpop; // the handle of our key pair
const pending = new Map(); // state → what an authorization request remembers

// each request takes a connection of its own: at several nodes it comes to
// another one each time, and to none that has died.
const fetchAnew = (url, options) => fetch(url, { ...options, headers: { ...Object.fromEntries(new Headers(options.headers)), connection: "close" } });

const auth = {
  none: () => client.None(),
  basic: (q) => client.ClientSecretBasic(q.client_secret),
  post: (q) => client.ClientSecretPost(q.client_secret),
  key: (q, key) => client.PrivateKeyJwt({ key, kid: q.kid }),
};

const algorithms = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  EdDSA: { name: "Ed25519" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
};

// options are what every call with a token takes: the proof of our key.
const options = (q) => (q.dpop ? { DPoP: dpop } : {});

const tokens = (t) => ({
  access_token: t.access_token, refresh_token: t.refresh_token, token_type: t.token_type,
  scope: t.scope, id_token: t.id_token, claims: t.claims(),
});

const does = {
  // discover reads the discovery document; a private key comes as a JWK.
  async discover(q) {
    let key;
    if (q.jwk) key = await crypto.subtle.importKey("jwk", q.jwk, algorithms[q.jwk.alg], false, ["sign"]);
    config = await client.discovery(new URL(q.issuer), q.client_id, {}, auth[q.auth](q, key), {
      execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
      [client.customFetch]: fetchAnew,
    });
    return config.serverMetadata();
  },

  // key makes a new key pair for DPoP.
  async key(q) {
    dpop = client.getDPoPHandle(config, await client.randomDPoPKeyPair(q.alg ?? "ES256"));
    return { thumbprint: await dpop.calculateThumbprint() };
  },

  // begin makes an authorization request, pushed where q.par says so.
  async begin(q) {
    const verifier = client.randomPKCECodeVerifier();
    const kept = { verifier, state: client.randomState(), nonce: client.randomNonce(), maxAge: q.params?.max_age };
    const params = {
      redirect_uri: q.redirect_uri, scope: q.scope ?? "openid profile email offline_access", state: kept.state, nonce: kept.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256", ...q.params,
    };
    const url = q.par
      ? await client.buildAuthorizationUrlWithPAR(config, params, options(q))
      : client.buildAuthorizationUrl(config, params);
    pending.set(kept.state, kept);
    return { url: url.href, state: kept.state };
  },

  // redeem takes the address that the browser came back to.
  async redeem(q) {
    const at = new URL(q.callback);
    const kept = pending.get(at.searchParams.get("state"));
    return tokens(await client.authorizationCodeGrant(config, at, {
      pkceCodeVerifier: kept.verifier, expectedState: kept.state, expectedNonce: kept.nonce, idTokenExpected: true,
      maxAge: kept.maxAge === undefined ? undefined : Number(kept.maxAge),
    }, undefined, options(q)));
  },

  // race redeems one code several times at once, and says what came of each.
  async race(q) {
    const each = await Promise.allSettled(Array.from({ length: q.times }, () => does.redeem(q)));
    return each.map((r) => (r.status === "fulfilled" ? { tokens: r.value } : { error: r.reason.error ?? String(r.reason) }));
  },

  refresh: async (q) => tokens(await client.refreshTokenGrant(config, q.refresh_token, undefined, options(q))),
  userinfo: async (q) => client.fetchUserInfo(config, q.access_token, client.skipSubjectCheck, options(q)),
  introspect: async (q) => client.tokenIntrospection(config, q.token),
  revoke: async (q) => (await client.tokenRevocation(config, q.token), {}),
  logout: async (q) => ({ url: client.buildEndSessionUrl(config, q.params).href }),
};
for (const [name, answer] of Object.entries({ ...further, ...receiver })) {
  does[name] = (q) => answer(q, { config, options, tokens, fetchAnew });
}

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { id, do: what, ...question } = JSON.parse(line);
  let answer;
  try {
    answer = { id, ok: await does[what](question) };
  } catch (e) {
    const cause = e.cause ?? {};
    answer = { id, error: String(e.message ?? e), code: e.error ?? cause.error ?? e.code ?? "", status: e.status ?? cause.status ?? 0, cause: String(cause.message ?? cause.error_description ?? "") };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}).on("close", () => process.exit()); // whatever is open
