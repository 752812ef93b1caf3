-- Where an application listens behind the proxy that its configuration is for.
alter table app add column upstream TEXT not null default '';
