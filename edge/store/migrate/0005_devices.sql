-- At which origin a session was opened, where it was not the server's own: who
-- uses a related origin is counted before one is taken back.
alter table session add column origin TEXT not null default '';
create index session_origin on session (origin, person) where origin <> '';

-- Ephemera: what browsers say they can do. The id is the hash of the device's
-- cookie and the person, capabilities are JSON.
create table device (
  id TEXT primary key,
  device TEXT not null,
  person TEXT not null,
  user_agent TEXT not null,
  capabilities TEXT not null,
  first_seen BIGINT not null,
  last_seen BIGINT not null,
  until BIGINT not null
);
create index device_person on device (person, last_seen);
create index device_until on device (until);
