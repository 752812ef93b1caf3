-- Evidence and policy. A judgement is a row of its own beside the credential:
-- it is made again when roots or metadata change.
create table judgement (
  id TEXT primary key,
  person TEXT not null,
  at BIGINT not null,
  kind TEXT not null,
  reason TEXT not null,
  why TEXT not null,
  anchors TEXT not null,
  root TEXT not null,
  chain TEXT not null,
  aaguid_proven BIGINT not null,
  aaguid_in_cert BIGINT not null,
  serial TEXT not null,
  protection TEXT not null,
  model TEXT not null,
  metadata_no BIGINT not null,
  statuses TEXT not null,
  certification TEXT not null,
  fips BIGINT not null,
  hardware_protected BIGINT not null
);
create index judgement_person on judgement (person, id);

create table policy_revision (
  id TEXT primary key,
  number BIGINT not null,
  digest TEXT not null,
  previous TEXT not null,
  name TEXT not null,
  text BYTES not null,
  files BYTES not null,
  note TEXT not null,
  author TEXT not null,
  state TEXT not null,
  lowers BIGINT not null,
  needs BIGINT not null,
  created BIGINT not null,
  applied BIGINT not null,
  ended BIGINT not null
);
create unique index policy_revision_number on policy_revision (number);
create unique index policy_revision_in_force on policy_revision (state) where state = 'in force';
create index policy_revision_digest on policy_revision (digest);

create table policy_approval (
  id TEXT primary key,
  revision TEXT not null,
  approver TEXT not null,
  at BIGINT not null,
  why TEXT not null
);
create index policy_approval_revision on policy_approval (revision, id);

create table decision (
  id TEXT primary key,
  op TEXT not null,
  person TEXT not null,
  credential TEXT not null,
  app TEXT not null,
  outcome TEXT not null,
  code TEXT not null,
  segment TEXT not null,
  rules TEXT not null,
  policy TEXT not null,
  facts BIGINT not null,
  inputs BYTES not null,
  digest TEXT not null,
  at BIGINT not null
);
create index decision_person on decision (person, at);
create index decision_refused on decision (at, id) where outcome <> 'allow';

create table task (
  id TEXT primary key,
  person TEXT not null,
  credential TEXT not null,
  why TEXT not null,
  detail TEXT not null,
  state TEXT not null,
  opened BIGINT not null,
  due BIGINT not null,
  ended BIGINT not null,
  ticket TEXT not null
);
create index task_person on task (person, id);
create index task_open on task (opened, id) where state = 'open';
create unique index task_one on task (credential) where state = 'open';

create table finding (
  id TEXT primary key,
  code TEXT not null,
  subject TEXT not null,
  person TEXT not null,
  severity TEXT not null,
  text TEXT not null,
  remedy TEXT not null,
  opened BIGINT not null,
  ended BIGINT not null
);
create unique index finding_open on finding (code, subject) where ended = 0;
create index finding_opened on finding (opened, id);

-- A session's silence is limited by the policy; 0: by its level.
alter table session add column idle BIGINT not null default 0;
drop index session_open;
create index session_open on session (auth_time, id, expires, aal, idle) where ended = 0;
alter table session add column segment TEXT not null default '';
alter table session add column decision TEXT not null default '';
-- On what it was made: "managed:DEVICE", "personal", or "" where nobody knows.
alter table credential add column made_on TEXT not null default '';
-- What the policy calls an application, and how much is at stake in it.
alter table app add column policy_name TEXT not null default '';
alter table app add column sensitivity BIGINT not null default 0;
-- Why it is suspended: "" by an administrator, else the task.
alter table credential add column suspended_by TEXT not null default '';
