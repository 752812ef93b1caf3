-- The organisation's devices, as its device management reports them.
create table managed_device (
  id TEXT primary key,
  name TEXT not null,
  person TEXT not null,
  managed BIGINT not null,
  compliant BIGINT not null,
  os TEXT not null,
  os_version TEXT not null,
  os_released BIGINT not null,
  shared BIGINT not null,
  enrolled BIGINT not null,
  reported BIGINT not null,
  reported_by TEXT not null,
  cookie_hash TEXT not null,
  linked BIGINT not null,
  link_hash TEXT not null,
  link_ends BIGINT not null,
  certificates_from BIGINT not null,
  removed BIGINT not null
);
create unique index managed_device_cookie on managed_device (cookie_hash) where cookie_hash <> '';
create unique index managed_device_link on managed_device (link_hash) where link_hash <> '';
create index managed_device_person on managed_device (person, id) where person <> '';

create table device_onboarding (
  id TEXT primary key,
  device TEXT not null,
  person TEXT not null,
  made_by TEXT not null,
  created BIGINT not null,
  expires BIGINT not null,
  used BIGINT not null,
  credential TEXT not null
);

-- When a device was last reported: ephemera. What is lost counts as not reported.
create table posture_seen (
  id TEXT primary key,
  at BIGINT not null
);

-- On which managed device somebody signed in.
alter table session add column device TEXT not null default '';
create index session_device on session (device, id) where device <> '' and ended = 0;

create index credential_made_on_managed on credential (created desc, id) where substr(made_on, 1, 8) = 'managed:';
create index credential_made_on_personal on credential (created desc, id) where made_on = 'personal';
