-- Ephemera of the administration API. The answers of calls that may be sent
-- again, sealed under the master key: they may hold a link or a secret. The id
-- is a hash of who called and the key that they chose.
create table idempotency (
  id TEXT primary key,
  request TEXT not null,
  status BIGINT not null,
  answer BYTES not null,
  people TEXT not null,
  lease_until BIGINT not null,
  until BIGINT not null
);
create index idempotency_until on idempotency (until);

-- When each API token was used last, to the minute.
create table api_token_seen (
  id TEXT primary key,
  at BIGINT not null
);
