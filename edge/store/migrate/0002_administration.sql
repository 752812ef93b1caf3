-- Roles with an end, managers, what a directory calls people and groups, and
-- the tokens of programs that administer.
alter table person add column role_ends BIGINT not null default 0;
alter table person add column manager TEXT not null default '';
alter table person add column external_id TEXT not null default '';
create index person_external on person (external_id) where external_id <> '';
create index person_manager on person (manager) where manager <> '';
alter table person_group add column external_id TEXT not null default '';

create table api_token (
  id TEXT primary key,
  name TEXT not null,
  owner TEXT not null,
  scopes TEXT not null,
  secret_hash TEXT not null,
  made_by TEXT not null,
  created BIGINT not null,
  expires BIGINT not null,
  revoked BIGINT not null
);
create unique index api_token_secret on api_token (secret_hash);
create index api_token_owner on api_token (owner);
