-- How the managed device of a session was shown when it was confirmed.
alter table session add column device_via TEXT not null default '';

-- What was decided last of a session or a permission, when it was looked at
-- again. Ephemera: what is lost is decided, and put on record, once more.
create table judged (
  id TEXT primary key,
  class TEXT not null,
  decision TEXT not null,
  at BIGINT not null,
  until BIGINT not null
);
create index judged_until on judged (until);
