// A directory that provisions by SCIM 2.0. It takes one question a line on
// standard input and answers each with one line. Whatever the server answers is
// held against the specification as scimmy has it: what scimmy does not take is
// an error, whoever asked.
import SCIMMY from "scimmy";
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";

const { Schemas, Messages, Types } = SCIMMY;
Schemas.User.extend(Schemas.EnterpriseUser);

const kinds = { User: { path: "/Users", schema: Schemas.User }, Group: { path: "/Groups", schema: Schemas.Group } };
let base, token;

class Refused extends Error {}

// send is one call. A refusal must be an error message of RFC 7644 §3.12.
async function send(method, path, body) {
  const response = await fetch(base + path, {
    method, body: body && JSON.stringify(body), redirect: "error",
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body && { "content-type": "application/scim+json" }), accept: "application/scim+json", connection: "close" },
  });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  if (response.status === 204) {
    if (text !== "") throw new Error(`204 with a body: ${text}`);
    return { status: 204 };
  }
  if (!/^application\/scim\+json/.test(type)) throw new Error(`${method} ${path} answers ${response.status} as ${type}: ${text.slice(0, 200)}`);
  const said = JSON.parse(text);
  if (response.ok) return { status: response.status, said, location: response.headers.get("location") };
  if (said.schemas?.join() !== Messages.ErrorResponse.id || said.status !== String(response.status)) throw new Error(`no error message: ${text}`);
  new Messages.ErrorResponse({ status: said.status, scimType: said.scimType, detail: said.detail }); // throws what cannot stand together
  throw Object.assign(new Refused(said.detail), { status: response.status, error: said.scimType ?? "", cause: { message: response.headers.get("www-authenticate") ?? "" } });
}

// checked is a resource as the specification lets one be answered.
function checked(kind, said) {
  const { schema, path } = kinds[kind];
  new schema(said, "out"); // throws for a missing, mistyped or unknown value
  const must = (ok, what) => { if (!ok) throw new Error(`${what}: ${JSON.stringify(said)}`); };
  must(said.schemas.includes(schema.definition.id), "RFC 7643 §3: schemas");
  must(said.meta?.resourceType === kind, "RFC 7643 §3.1: meta.resourceType");
  must(said.meta?.location === `${base}${path}/${said.id}`, "RFC 7643 §3.1: meta.location");
  must(!("password" in said), "RFC 7643 §7: a password was returned");
  const extended = Object.keys(said).filter((k) => k.startsWith("urn:"));
  must(extended.every((k) => said.schemas.includes(k)), "RFC 7643 §3: an extension that schemas does not name");
  return said;
}

function listed(kind, said) {
  const list = new Messages.ListResponse(said);
  if (said.schemas?.join() !== Messages.ListResponse.id) throw new Error("no ListResponse");
  for (const one of list.Resources) checked(kind, one);
  if (said.itemsPerPage !== list.Resources.length) throw new Error(`RFC 7644 §3.4.2.4: itemsPerPage ${said.itemsPerPage} of ${list.Resources.length}`);
  return list;
}

const query = (q) => { const s = new URLSearchParams(Object.entries(q ?? {})).toString(); return s && `?${s}`; };

// all reads a whole list, a few at a time.
async function all(kind, params) {
  const found = [];
  for (;;) {
    const { said } = await send("GET", kinds[kind].path + query({ ...params, startIndex: found.length + 1, count: 2 }));
    const list = listed(kind, said);
    found.push(...list.Resources);
    if (found.length >= list.totalResults || list.Resources.length === 0) return found;
  }
}

const ids = (list) => list.map((r) => r.id).sort();
const named = (value) => value && JSON.parse(JSON.stringify(value, (key, v) => (key === "$ref" ? undefined : v))); // what the server alone adds
const plain = (value) => JSON.parse(JSON.stringify(value));

const does = {
  async connect(q) { base = q.base; token = q.token; return {}; },

  // about reads what the server says of itself (RFC 7644 §4).
  async about() {
    const config = (await send("GET", "/ServiceProviderConfig")).said;
    new Schemas.ServiceProviderConfig(config, "out");
    const types = listOf((await send("GET", "/ResourceTypes")).said);
    for (const type of types) new Schemas.ResourceType(type, "out");
    const schemas = listOf((await send("GET", "/Schemas")).said);
    for (const { endpoint, schema } of types) {
      if (!schemas.some((s) => s.id === schema)) throw new Error(`${endpoint} has a schema that is not there`);
      await send("GET", `/Schemas/${schema}`);
    }
    return { config, types: types.map((t) => t.name), schemas: schemas.map((s) => s.id) };
  },

  // create makes the resource that scimmy makes of q.resource.
  async create(q) {
    const { schema, path } = kinds[q.kind];
    const { status, said, location } = await send("POST", path, plain(new schema(q.resource, "in")));
    const made = checked(q.kind, said);
    if (status !== 201 || location !== made.meta.location) throw new Error(`RFC 7644 §3.3: ${status}, Location ${location}`);
    return made;
  },

  get: async (q) => checked(q.kind, (await send("GET", `${kinds[q.kind].path}/${q.of}${query(q.params)}`)).said),

  async put(q) {
    const { schema, path } = kinds[q.kind];
    return checked(q.kind, (await send("PUT", `${path}/${q.of}`, plain(new schema(q.resource, "in")))).said);
  },

  // patch sends operations, and compares what comes of them with what scimmy
  // makes of them: q.compare names the attributes.
  async patch(q) {
    const { schema, path } = kinds[q.kind];
    const operations = { schemas: [Messages.PatchOp.id], Operations: q.operations };
    const before = q.compare && new schema((await send("GET", `${path}/${q.of}`)).said, "out");
    const { said } = await send("PATCH", `${path}/${q.of}`, operations);
    const after = checked(q.kind, said);
    const want = before && plain((await new Messages.PatchOp(operations).apply(before)) ?? before);
    for (const name of q.compare ?? []) {
      const [mine, theirs] = [want[name], after[name]].map((v) => (name === "members" ? (v ?? []).map((m) => m.value).sort() : named(v)));
      if (!isDeepStrictEqual(mine, theirs)) throw new Error(`${name} became ${JSON.stringify(theirs)}, and by RFC 7644 §3.5.2 ${JSON.stringify(mine)}`);
    }
    return after;
  },

  remove: async (q) => send("DELETE", `${kinds[q.kind].path}/${q.of}`),

  // filter asks with a filter, and compares who came with whom scimmy finds
  // among all.
  async filter(q) {
    const got = await all(q.kind, { filter: q.filter });
    const want = new Types.Filter(q.filter).match(await all(q.kind));
    if (ids(got).join() !== ids(want).join()) throw new Error(`${q.filter}: ${got.length} came, and by RFC 7644 §3.4.2.2 ${want.length}`);
    return got.map((r) => r.userName ?? r.displayName).sort();
  },

  list: async (q) => listed(q.kind, (await send("GET", kinds[q.kind].path + query(q.params))).said),
  send: async (q) => (await send(q.method, q.path, q.body)).said ?? {},
};

const listOf = (said) => new Messages.ListResponse(said).Resources;

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { id, do: what, ...question } = JSON.parse(line);
  let answer;
  try {
    answer = { id, ok: await does[what](question) };
  } catch (e) {
    answer = { id, error: String(e.message || e), code: e.error ?? e.scimType ?? "", status: e instanceof Refused ? e.status : 0, cause: String(e.cause?.message ?? "") };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}).on("close", () => process.exit()); // whatever is open
