-- The tables of the first capability. Words in capitals are types, which the
-- engines spell differently; see store's sqliteTypes and postgresTypes.
-- Instants are microseconds since 1970, UTC; 0 is never. Booleans are 0 and 1.
-- There are no foreign keys: rows come from events, and the log is the referee.

-- The log. Leaves are never changed; a tile is written when it is full.
create table log_leaf (
  idx NUMBER primary key,
  at BIGINT not null,
  type TEXT not null,
  actor TEXT not null,
  subject TEXT not null,
  person TEXT not null,
  body BYTES not null,
  hash BYTES not null
);
create index log_leaf_person on log_leaf (person, idx) where person <> '';
create index log_leaf_subject on log_leaf (subject, idx) where person = '';

create table log_tile (
  level BIGINT not null,
  idx BIGINT not null,
  data BYTES not null,
  primary key (level, idx)
);

create table log_head (
  id BIGINT primary key,
  size BIGINT not null,
  frontier BYTES not null,
  checkpoint TEXT not null
);

-- What opens the commitments of one leaf. Deleted when the person is erased.
create table log_opening (
  idx NUMBER primary key,
  person TEXT not null,
  body BYTES not null
);
create index log_opening_person on log_opening (person);

-- Records: each row is what the log says.
create table person (
  id TEXT primary key,
  name TEXT not null,
  email TEXT not null,
  handle BYTES not null,
  status TEXT not null,
  role TEXT not null,
  employment TEXT not null,
  ends BIGINT not null,
  created BIGINT not null
);
create unique index person_email on person (email) where email <> '';
create unique index person_handle on person (handle);
create index person_name on person (name, id);
create index person_role on person (role, id) where role <> '';

create table person_group (
  id TEXT primary key,
  name TEXT not null,
  created BIGINT not null
);
create unique index person_group_name on person_group (name);

create table membership (
  id TEXT primary key,
  person TEXT not null,
  grp TEXT not null,
  since BIGINT not null
);
create index membership_person on membership (person);
create index membership_grp on membership (grp);

create table credential (
  id TEXT primary key,
  person TEXT not null,
  public_key BYTES not null,
  algorithm BIGINT not null,
  aaguid TEXT not null,
  format TEXT not null,
  attestation TEXT not null,
  transports TEXT not null,
  discoverable TEXT not null,
  prf BIGINT not null,
  be BIGINT not null,
  bs BIGINT not null,
  uv_initialized BIGINT not null,
  sign_count BIGINT not null,
  name TEXT not null,
  status TEXT not null,
  created BIGINT not null,
  last_used BIGINT not null,
  provenance TEXT not null
);
create index credential_person on credential (person);

create table registration (
  id TEXT primary key,
  person TEXT not null,
  attestation_object BYTES not null,
  client_data_json BYTES not null,
  at BIGINT not null
);
create index registration_person on registration (person);

create table session (
  id TEXT primary key,
  secret_hash TEXT not null,
  person TEXT not null,
  credential TEXT not null,
  aal BIGINT not null,
  acr TEXT not null,
  amr TEXT not null,
  auth_time BIGINT not null,
  created BIGINT not null,
  expires BIGINT not null,
  user_agent TEXT not null,
  address TEXT not null,
  ended BIGINT not null,
  ended_why TEXT not null
);
create unique index session_secret on session (secret_hash);
create index session_person on session (person);

create table ticket (
  id TEXT primary key,
  kind TEXT not null,
  secret_hash TEXT not null,
  person TEXT not null,
  made_by TEXT not null,
  created BIGINT not null,
  expires BIGINT not null,
  used BIGINT not null,
  revoked BIGINT not null
);
create unique index ticket_secret on ticket (secret_hash);
create index ticket_person on ticket (person);

create table signing_key (
  id TEXT primary key,
  algorithm TEXT not null,
  public_key BYTES not null,
  wrapped BYTES not null,
  created BIGINT not null,
  retired BIGINT not null
);

create table setting (
  id TEXT primary key,
  value TEXT not null
);

create table app (
  id TEXT primary key,
  name TEXT not null,
  redirect_uris TEXT not null,
  post_logout_uris TEXT not null,
  confidential BIGINT not null,
  secret_hash TEXT not null,
  preset TEXT not null,
  first_party BIGINT not null,
  created BIGINT not null,
  removed BIGINT not null
);

create table app_grant (
  id TEXT primary key,
  app TEXT not null,
  person TEXT not null,
  session TEXT not null,
  scopes TEXT not null,
  redirect_uri TEXT not null,
  code_challenge TEXT not null,
  nonce TEXT not null,
  acr TEXT not null,
  amr TEXT not null,
  auth_time BIGINT not null,
  created BIGINT not null,
  ended BIGINT not null,
  reason TEXT not null
);
create index app_grant_person on app_grant (person);
create index app_grant_session on app_grant (session);
create index app_grant_app on app_grant (app);

create table token (
  id TEXT primary key,
  grant_id TEXT not null,
  kind TEXT not null,
  scopes TEXT not null,
  status TEXT not null,
  issued BIGINT not null,
  expires BIGINT not null
);
create index token_grant on token (grant_id);

create table consent (
  id TEXT primary key,
  person TEXT not null,
  app TEXT not null,
  scopes TEXT not null,
  given BIGINT not null
);
create index consent_person on consent (person);
create index consent_app on consent (app);

-- Ephemera: no part of the log, gone when they are over.
create table spent (
  id TEXT primary key,
  until BIGINT not null
) KEYED;
create index spent_until on spent (until);

create table pending (
  id TEXT primary key,
  body BYTES not null,
  until BIGINT not null
);
create index pending_until on pending (until);

create table throttle (
  id TEXT primary key,
  since BIGINT not null,
  n BIGINT not null,
  until BIGINT not null
) KEYED;
create index throttle_until on throttle (until);

create table session_seen (
  id TEXT primary key,
  at BIGINT not null
) KEYED;

create table mail (
  id TEXT primary key,
  person TEXT not null,
  recipient TEXT not null,
  subject TEXT not null,
  body TEXT not null,
  at BIGINT not null
);
create index mail_person on mail (person);
create index mail_at on mail (at, id);
