-- The durable outbox: what must reach somebody outside (mail, logout tokens),
-- put in the transaction of what caused it. Ephemera: no part of the log.
create table delivery (
  id TEXT primary key,
  kind TEXT not null,
  target TEXT not null,
  person TEXT not null,
  body BYTES not null,
  created BIGINT not null,
  due BIGINT not null,
  tries BIGINT not null,
  lease TEXT not null,
  lease_until BIGINT not null,
  last_error TEXT not null,
  dead BIGINT not null
);
create index delivery_due on delivery (dead, due);
create index delivery_lane on delivery (kind, target, dead, due);
create index delivery_person on delivery (person);
