-- Policies that come with the program, as they were when they decided: another
-- version may come with others.
create table policy_text (
  id TEXT primary key,
  name TEXT not null,
  body BYTES not null,
  at BIGINT not null
);
