-- Devices that wait for somebody to let them in (RFC 8628). Ephemera: letting
-- one in is a grant, which is in the log.
create table device_code (
  id TEXT primary key,
  user_code TEXT not null,
  app TEXT not null,
  scopes TEXT not null,
  address TEXT not null,
  user_agent TEXT not null,
  state TEXT not null,
  created BIGINT not null,
  polled BIGINT not null,
  until BIGINT not null
);
create unique index device_code_user_code on device_code (user_code);
create index device_code_until on device_code (until);
