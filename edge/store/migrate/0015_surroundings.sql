-- What the organisation declares of the world around.
create table surrounding (
  id TEXT primary key,
  kind TEXT not null,
  name TEXT not null,
  person TEXT not null,
  provider TEXT not null,
  is_primary BIGINT not null,
  sign_in TEXT not null,
  recovery TEXT not null,
  recovery_said BIGINT not null,
  devices TEXT not null,
  power_over TEXT not null,
  target TEXT not null,
  holders TEXT not null,
  k BIGINT not null,
  check_by TEXT not null,
  status TEXT not null,
  source TEXT not null,
  review_by BIGINT not null,
  valid_from BIGINT not null,
  valid_until BIGINT not null,
  declared BIGINT not null,
  withdrawn BIGINT not null
);
create unique index surrounding_name on surrounding (name) where withdrawn = 0;
create index surrounding_gone on surrounding (name, id) where withdrawn > 0;
create index surrounding_kind on surrounding (kind, name, id) where withdrawn = 0;
create index surrounding_person on surrounding (person, name, id) where person <> '';
create index surrounding_shared on surrounding (id) where person = '' and withdrawn = 0;
