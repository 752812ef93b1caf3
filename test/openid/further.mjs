// Grants beyond the authorization code, as openid-client asks for them.
import * as client from "openid-client";

const deviceCode = "urn:ietf:params:oauth:grant-type:device_code";
const exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
const accessToken = "urn:ietf:params:oauth:token-type:access_token";

let waiting; // what the device was answered

// device begins (RFC 8628 §3.1); its own screen would show user_code.
export async function device(q, { config }) {
  waiting = await client.initiateDeviceAuthorization(config, { scope: q.scope ?? "openid profile email offline_access" });
  return waiting;
}

// ask asks once whether the device is let in.
export async function ask(q, { config, options, tokens }) {
  return tokens(await client.genericGrantRequest(config, deviceCode, { device_code: waiting.device_code }, options(q)));
}

// poll is what a device does: it waits for the interval, asks, and goes on until
// it has an answer.
export async function poll(q, { config, options, tokens }) {
  return tokens(await client.pollDeviceAuthorizationGrant(config, waiting, undefined, options(q)));
}

// exchange passes a token on to another service (RFC 8693 §2.1).
export async function exchange(q, { config, options }) {
  return client.genericGrantRequest(config, exchangeGrant, { subject_token: q.subject_token, subject_token_type: accessToken, ...q.params }, options(q));
}
