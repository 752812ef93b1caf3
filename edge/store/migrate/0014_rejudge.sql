-- How far the judging of everybody has come, and which node leads it. No part
-- of the log: what it did stands there.
create table rejudge_job (
  id TEXT primary key,
  why TEXT not null,
  again BIGINT not null,
  behind TEXT not null,
  done BIGINT not null,
  total BIGINT not null,
  credentials BIGINT not null,
  judged BIGINT not null,
  suspended BIGINT not null,
  staged BIGINT not null,
  spared BIGINT not null,
  lapsed BIGINT not null,
  uncovered BIGINT not null,
  trusted TEXT not null,
  begun BIGINT not null,
  moved BIGINT not null,
  ended BIGINT not null,
  lease TEXT not null,
  lease_until BIGINT not null
);
-- Staged replacements fall due.
create index task_due on task (due) where due > 0;
create index task_listed on task (opened, id);
